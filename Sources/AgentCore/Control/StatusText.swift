import Basics
import ControlProtocol
import MeshModel

/// An agent's status for people.
public enum StatusText {
    /// A few lines about this machine, then a table of its peers.
    public static func render(_ status: AgentStatus) -> String {
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
        lines.append("")
        if status.peers.isEmpty { return (lines + ["no peers"]).joined(separator: "\n") }
        let header = ["PEER", "MESH ADDRESS", "LIVENESS", "CONFIGURED", "ENDPOINT", "HANDSHAKE", "RECEIVED", "SENT"]
        return (lines + table([header] + status.peers.map(row))).joined(separator: "\n")
    }

    private static func row(_ peer: AgentStatus.PeerStatus) -> [String] {
        [
            "\(peer.name)", addresses(peer.meshAddress, peer.meshAddress6), peer.liveness.rawValue,
            peer.refusedChange != nil ? "pinned" : peer.kept == true ? "kept" : peer.configured ? "yes" : "no",
            peer.endpoint.map { "\($0)" } ?? "-", peer.handshakeAgeSeconds.map(age) ?? "never", size(peer.receivedBytes),
            size(peer.sentBytes),
        ]
    }

    private static func addresses(_ four: IPAddress, _ six: IPAddress?) -> String {
        six.map { "\(four)  \($0)" } ?? "\(four)"
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
