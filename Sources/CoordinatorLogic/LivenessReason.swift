import Basics
import MeshModel

/// Why a machine is not taken for alive.
public enum LivenessReason: Sendable, Hashable {
    /// No heartbeat for so long; nil: none since the coordinator's start.
    case silent(Duration?)
    /// Its connection broke so long ago.
    case connectionBroke(Duration)
    /// It has lost the coordinator only: that machine reached it over the mesh so long ago.
    case reached(by: MachineID, Duration)
    /// It came and went too often, and has been heard steadily for so long now; it takes `needed`.
    case damped(Damping, steady: Duration, needed: Duration)
}

/// What the tracker has done since the start.
public struct LivenessCounts: Sendable, Hashable {
    /// Machines that became suspect.
    public var suspicions = 0
    /// Machines that became unresponsive.
    public var unresponsive = 0
    /// Machines that were suspect or unresponsive and became alive.
    public var recoveries = 0
    /// Questions put to witnesses.
    public var questions = 0
    /// Answers that said reachable.
    public var answersReachable = 0
    /// Answers that said not reachable.
    public var answersUnreachable = 0
    /// Answers to no question that was open.
    public var answersIgnored = 0
}

extension LivenessTracker {
    /// Why the machine is not alive; nil if it is, or is not tracked.
    public func reason(of id: MachineID, at now: MonotonicTime) -> LivenessReason? {
        guard let entry = entries[id], entry.liveness != .alive else { return nil }
        if let suspicion = suspicions[id] {
            if let contact = suspicion.contact { return .reached(by: contact.witness, max(.zero, now - contact.at)) }
            if let broke = suspicion.broke { return .connectionBroke(max(.zero, now - broke)) }
        }
        if let damping, let steady = flaps[id]?.steadySince {
            return .damped(
                damping, steady: max(.zero, entry.lastHeard - steady), needed: limits(of: entry).suspectAfter)
        }
        return .silent(silence(of: id, at: now))
    }

    /// How long ago a witness last reached the machine; nil unless it is suspect and one did.
    public func reached(_ id: MachineID, at now: MonotonicTime) -> Duration? {
        suspicions[id]?.contact.map { max(.zero, now - $0.at) }
    }
}
