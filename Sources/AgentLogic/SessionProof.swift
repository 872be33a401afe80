import Basics

/// Finds out whether a new session carries packets both ways.
///
/// A handshake alone proves little: the packet that confirms it may be lost, and in wireguard-go two handshakes that cross can leave a
/// session that looks complete and drops everything. So both sides send a few keepalives over it, and each waits to hear from the other.
struct SessionProof: Sendable {
    /// When the session was first seen.
    let since: MonotonicTime
    /// Bytes that had been received by then.
    private let baseline: UInt64
    /// How long to wait for something to come.
    private let limit: Duration
    private var probesSent = 0
    /// Whether each probe goes to another of the peer's endpoints: then there are more of them.
    var goesRound = false
    private(set) var isProven: Bool

    /// For a session that is taken at its word; its probes are sent all the same.
    init(believing since: MonotonicTime) {
        self.since = since
        baseline = .max
        limit = .zero
        isProven = true
    }

    /// For a session that is to prove itself.
    ///
    /// - Parameters:
    ///   - doubts: how many sessions before it were not believed in. Each doubles the limit: the way there and back may be long,
    ///     or the machines busy.
    ///   - isPeerNew: whether the peer has just come, so that it looks often.
    ///   - peers: how many peers a machine of this mesh has.
    init(
        proving since: MonotonicTime, receivedBytes: UInt64, doubts: Int, isPeerNew: Bool, among peers: Int,
        settings: FormationSettings
    ) {
        self.since = since
        let least = settings.busyLookInterval(among: peers) * 2
        limit = max(isPeerNew ? settings.probeLimit : settings.probeLimitAtRest, least) * (1 << min(doubts, 10))
        baseline = receivedBytes
        isProven = doubts >= settings.doubts
    }

    mutating func note(receivedBytes: UInt64) {
        if receivedBytes > baseline { isProven = true }
    }

    /// Whether nothing has come for too long.
    func hasFailed(now: MonotonicTime) -> Bool { !isProven && now - since >= limit }

    /// Whether a keepalive is to be sent now. A yes counts as carried out; what was missed meanwhile is not made up for.
    mutating func takeProbe(now: MonotonicTime, settings: FormationSettings) -> Bool {
        let due = moments(settings).filter { since + $0 <= now }.count
        guard due > probesSent else { return false }
        probesSent = due
        return true
    }

    private func moments(_ settings: FormationSettings) -> [Duration] {
        goesRound ? settings.followingProbes : settings.probes
    }

    /// When there is something to do; nil once there is nothing left.
    func nextWake(settings: FormationSettings) -> MonotonicTime? {
        let moments = moments(settings)
        if probesSent < moments.count { return since + moments[probesSent] }
        return isProven ? nil : since + limit
    }
}
