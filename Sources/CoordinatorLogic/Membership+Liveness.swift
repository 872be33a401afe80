import Basics
import MeshModel

extension Membership {
    /// Why a machine is not alive, for people; nil if it is, or is not registered.
    public func reason(of id: MachineID, at now: MonotonicTime) -> String? {
        switch tracker.reason(of: id, at: now) {
        case nil: nil
        case .silent(nil): "it has not been heard since the coordinator started"
        case .silent(let silence?): "it has been silent for \(DurationText.format(silence))"
        case .connectionBroke(let ago): "its connection broke \(DurationText.format(ago)) ago"
        case .reached(let witness, let ago):
            "it has lost the coordinator only: reached over the mesh by \(name(of: witness)) \(DurationText.format(ago)) ago"
        case .damped(let damping, let steady, let needed):
            """
            it was unresponsive \(damping.times) times within \(DurationText.format(damping.within)): alive again once it has been \
            heard steadily for \(DurationText.format(needed)), \(DurationText.format(steady)) so far
            """
        }
    }

    /// The machine's name, or its id if it is gone.
    public func name(of id: MachineID) -> String { registry[id]?.name.text ?? "\(id)" }

    /// As `LivenessTracker.streamOpened`.
    public mutating func streamOpened(_ id: MachineID) { tracker.streamOpened(id) }

    /// As `LivenessTracker.streamClosed`.
    public mutating func streamClosed(_ id: MachineID, broke: Bool, at now: MonotonicTime) {
        tracker.streamClosed(id, broke: broke, at: now)
    }

    /// As `LivenessTracker.askWitnesses`.
    public mutating func askWitnesses(
        at now: MonotonicTime, using generator: inout some RandomNumberGenerator
    ) -> LivenessTracker.Asking {
        tracker.askWitnesses(at: now, using: &generator)
    }

    /// As `LivenessTracker.answer`.
    public mutating func answer(
        _ request: UInt64, about suspect: MachineID, by witness: MachineID, reachable: Bool, at now: MonotonicTime
    ) -> LivenessTracker.Answer {
        tracker.answer(request, about: suspect, by: witness, reachable: reachable, at: now)
    }
}
