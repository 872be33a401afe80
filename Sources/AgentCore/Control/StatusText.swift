import Basics
import ControlProtocol
import MeshModel

/// An agent's status for people.
public enum StatusText {
    /// A few lines about this machine, a table of its peers, and what is wrong.
    public static func render(_ status: AgentStatus) -> String {
        var lines = machine(status)
        lines.append("")
        lines += peers(status.peers)
        for trouble in status.problems ?? [] {
            lines += ["", "! \(trouble.found)", "  > \(trouble.advice)"]
        }
        return lines.joined(separator: "\n")
    }

    /// The table of peers, or a line that there are none.
    public static func peers(_ peers: [AgentStatus.PeerStatus]) -> [String] {
        guard !peers.isEmpty else { return ["no peers"] }
        let isMeasured = peers.contains { $0.roundTripMilliseconds != nil }
        let header =
            ["PEER", "MESH ADDRESS", "STATE", "ENDPOINT", "HANDSHAKE"] + (isMeasured ? ["ROUND TRIP"] : [])
            + ["RECEIVED", "SENT", "REMARKS"]
        return table([header] + peers.map { row($0, isMeasured: isMeasured) })
    }

    /// All that is known of one peer.
    public static func detail(_ peer: AgentStatus.PeerStatus) -> String {
        var lines = [
            "peer         \(peer.name)  \(addresses(peer.meshAddress, peer.meshAddress6))  (\(peer.id))",
            "key          \(peer.publicKey)",
            "state        \(state(peer))" + (peer.why.map { ": \($0)" } ?? ""),
            "coordinator  calls it \(peer.liveness.rawValue)",
            "path         \(peer.path.map { path in path + (peer.endpoint.map { ", \($0)" } ?? "") } ?? "none")",
        ]
        if peer.path == nil {
            lines.append(
                "trying       \(peer.endpoint.map { "\($0)" } ?? "no endpoint")  \(peer.attempts ?? 0) handshakes so far")
        }
        lines.append("handshake    \(peer.handshakeAgeSeconds.map(age) ?? "never")")
        if let time = peer.roundTripMilliseconds { lines.append("round trip   \(roundTrip(time))") }
        lines.append("traffic      \(size(peer.receivedBytes)) received, \(size(peer.sentBytes)) sent")
        return lines.joined(separator: "\n")
    }

    private static func machine(_ status: AgentStatus) -> [String] {
        var lines: [String] = []
        if let machine = status.machine {
            lines.append("machine      \(machine.name)  \(addresses(machine.meshAddress, machine.meshAddress6))  (\(machine.id))")
            lines.append("key          \(machine.publicKey)")
        } else {
            lines.append("machine      not registered yet")
        }
        let link = status.coordinator
        let connection = link.connected ? "connected" : "not connected" + (link.lastError.map { ": \($0)" } ?? "")
        lines.append("coordinator  \(link.url)  \(connection)")
        let reason = status.backendReason.map { " (\($0))" } ?? ""
        lines.append("interface    \(status.interface)  UDP port \(status.listenPort)  \(status.backend)\(reason)")
        lines.append("peer map     \(status.position.map { "\($0)" } ?? "none yet")")
        if let names = status.names { lines.append("names        \(text(names))") }
        if !status.peers.isEmpty {
            lines.append("peers        \(status.peers.count { $0.path != nil }) of \(status.peers.count) connected")
        }
        return lines
    }

    private static func text(_ names: AgentStatus.Names) -> String {
        guard let file = names.file else { return "not kept (--hosts-file none)" }
        if let complaint = names.complaint { return "not kept: \(complaint)" }
        let apart = names.leftAlone.isEmpty ? "" : "; left to other lines: \(names.leftAlone.prefix(8).joined(separator: ", "))"
        return "\(names.machines) as NAME and NAME.\(names.suffix) in \(file)\(apart)"
    }

    private static func row(_ peer: AgentStatus.PeerStatus, isMeasured: Bool) -> [String] {
        [
            "\(peer.name)", addresses(peer.meshAddress, peer.meshAddress6), state(peer),
            peer.endpoint.map { "\($0)" } ?? "-", peer.handshakeAgeSeconds.map(age) ?? "never",
        ] + (isMeasured ? [peer.roundTripMilliseconds.map(roundTrip) ?? "-"] : [])
            + [size(peer.receivedBytes), size(peer.sentBytes), peer.why ?? ""]
    }

    /// With the coordinator's doubt, if it has one.
    private static func state(_ peer: AgentStatus.PeerStatus) -> String {
        let state = peer.state ?? (peer.configured ? "configured" : "not-configured")
        return peer.liveness == .suspect ? "\(state), suspect" : state
    }

    private static func addresses(_ four: IPAddress, _ six: IPAddress?) -> String {
        six.map { "\(four)  \($0)" } ?? "\(four)"
    }

    private static func roundTrip(_ milliseconds: Double) -> String {
        milliseconds < 100 ? "\((milliseconds * 100).rounded() / 100)ms" : "\(Int(milliseconds.rounded()))ms"
    }

    /// Columns as wide as their widest cell, two spaces apart.
    private static func table(_ rows: [[String]]) -> [String] {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let line = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }

    private static func age(_ seconds: Double) -> String {
        seconds < 1 ? "now" : "\(DurationText.format(.seconds(Int(seconds)))) ago"
    }

    private static func size(_ bytes: UInt64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        var value = Double(bytes)
        var unit = 0
        while value >= 1_024, unit < units.count - 1 {
            value /= 1_024
            unit += 1
        }
        return unit == 0 ? "\(bytes) B" : "\((value * 10).rounded() / 10) \(units[unit])"
    }
}
