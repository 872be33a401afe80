import Basics
import MeshModel

/// Where machines were seen by others, for those that do not know it themselves: behind NAT gateways.
///
/// Peers see address and port, of tunnels that work. The coordinator sees the address that a machine's requests come from (the idea of a
/// server-reflexive candidate, RFC 8445, section 5.1.1.1); with the machine's own WireGuard port that is right only where the gateway keeps
/// ports, so it comes last. Nothing here is proven: an endpoint that is wrong costs a few handshakes that nobody answers.
public struct ObservedEndpoints: Sendable {
    /// Who saw it.
    enum Source: Hashable, Sendable { case coordinator, peer(MachineID) }

    private struct Report {
        var endpoint: Endpoint
        /// Since when this source sees it there.
        var first: MonotonicTime
        var last: MonotonicTime
    }

    /// A report that is not repeated is forgotten after so long: the session that it comes from lives no longer either.
    public static let lifetime = Duration.seconds(180)
    /// How many sources are heard about one machine; the first ones stay until their reports are forgotten.
    public static let sourceLimit = 8
    /// When a machine says that it has moved, older reports are about the place that it left.
    static let moveSpan = Duration.seconds(5)
    /// A source that changes its mind sooner is not heard: each change is told to the whole mesh.
    static let changeSpan = Duration.seconds(5)

    private var reports: [MachineID: [Source: Report]] = [:]

    /// Whether an endpoint may be told to others at all.
    ///
    /// - Parameter mesh: the ranges of mesh addresses, which lead into tunnels and not to them.
    static func isAcceptable(_ address: IPAddress, mesh: [IPPrefix]) -> Bool {
        address.isUsableByOthers && !mesh.contains { $0.contains(address) }
    }

    /// A source has seen a machine there.
    mutating func note(_ endpoint: Endpoint, of machine: MachineID, by source: Source, at now: MonotonicTime) {
        var known = (reports[machine] ?? [:]).filter { now - $0.value.last <= Self.lifetime }
        if var report = known[source], report.endpoint == endpoint {
            report.last = now
            known[source] = report
        } else if mayReport(source, beside: known, at: now) {
            known[source] = Report(endpoint: endpoint, first: now, last: now)
        }
        reports[machine] = known
    }

    private func mayReport(_ source: Source, beside known: [Source: Report], at now: MonotonicTime) -> Bool {
        if let report = known[source] { return now - report.first >= Self.changeSpan }
        return source == .coordinator || known.keys.count { $0 != .coordinator } < Self.sourceLimit
    }

    /// The coordinator sees the machine where it says it is.
    mutating func forgetGuess(of machine: MachineID) { reports[machine]?[.coordinator] = nil }

    /// The machine has said that its addresses have changed.
    mutating func noteMoved(_ machine: MachineID, at now: MonotonicTime) {
        reports[machine] = reports[machine]?.filter { now - $0.value.last <= Self.moveSpan }
    }

    /// The machine is gone.
    mutating func remove(_ machine: MachineID) { reports[machine] = nil }

    /// What is worth trying: what most peers see before what few see, then what was seen first; the coordinator's guess last.
    ///
    /// - Parameter announced: what the machine says itself, which is left out.
    func endpoints(of machine: MachineID, besides announced: [Endpoint], at now: MonotonicTime) -> [Endpoint] {
        let known = (reports[machine] ?? [:]).filter { now - $0.value.last <= Self.lifetime }
        var ranks: [Endpoint: (votes: Int, first: MonotonicTime)] = [:]
        for (source, report) in known where !announced.contains(report.endpoint) {
            let rank = ranks[report.endpoint] ?? (0, report.first)
            ranks[report.endpoint] = (rank.votes + (source == .coordinator ? 0 : 1), min(rank.first, report.first))
        }
        let order = ranks.sorted { left, right in
            if left.value.votes != right.value.votes { return left.value.votes > right.value.votes }
            if left.value.first != right.value.first { return left.value.first < right.value.first }
            return (left.key.address, left.key.port) < (right.key.address, right.key.port)
        }
        return order.prefix(Peer.observedLimit).map(\.key)
    }
}
