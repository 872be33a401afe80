import Basics
import MeshModel

extension LivenessTracker {
    /// A machine's change of state.
    public struct Transition: Sendable, Hashable {
        public let id: MachineID
        public let from: Liveness
        public let to: Liveness
        /// How long the machine had been silent.
        public let silence: Duration
        /// What it came from.
        public let cause: Cause

        /// Why a machine changes its state.
        public enum Cause: Sendable, Hashable {
            /// No heartbeat for too long.
            case silence
            /// Its stream broke, and no heartbeat came soon after.
            case connectionBroke
            /// It was heard.
            case heard
        }
    }

    /// What came of looking at the clock.
    public struct Tick: Sendable, Hashable {
        /// In the order of their deadlines.
        public let transitions: [Transition]
        /// When to look again: at the next deadline, or earlier so that the tracker notices if it was not run at all.
        public let wake: MonotonicTime
    }

    /// The longest time between two looks at the clock, at most a heartbeat interval.
    ///
    /// A deadline can only be set at a time when it is at least 1.5 intervals away, so that a driver that sleeps until `wake` misses
    /// none, whatever happens while it sleeps.
    public var longestWait: Duration { min(clock.longestStep / 2, pace.base.heartbeatInterval) }

    /// Looks at the clock: whose silence has become too long, and when to look again.
    public mutating func tick(at now: MonotonicTime) -> Tick {
        clock.advance(to: now)
        var transitions: [Transition] = []
        var wait = longestWait
        while let next = deadlines.least {
            guard var entry = entries[next.id], entry.scheduled == next.time else {
                deadlines.removeLeast()
                continue
            }
            let due = due(next.id, entry)
            guard due <= next.time else {
                entry.scheduled = due
                entries[next.id] = entry
                deadlines.replaceLeast(with: Deadline(time: due, id: next.id))
                continue
            }
            guard due <= clock.awake else {
                wait = min(wait, due - clock.awake)
                break
            }
            deadlines.removeLeast()
            entries[next.id]?.scheduled = nil
            transitions.append(
                entry.liveness == .alive ? suspect(next.id, entry, at: now) : giveUp(next.id, entry, at: now))
        }
        return Tick(transitions: transitions, wake: now + wait)
    }

    private mutating func suspect(_ id: MachineID, _ entry: Entry, at now: MonotonicTime) -> Transition {
        let isSilent = entry.lastHeard + limits(of: entry).suspectAfter <= clock.awake
        let broke = isSilent ? nil : entry.broke
        entries[id]?.liveness = .suspect
        suspicions[id] = Suspicion(broke: broke?.at, nextAsk: clock.awake)
        asks.insert(Deadline(time: clock.awake, id: id))
        schedule(id)
        counts.suspicions += 1
        return Transition(
            id: id, from: .alive, to: .suspect, silence: max(.zero, now - entry.since),
            cause: broke == nil ? .silence : .connectionBroke)
    }

    private mutating func giveUp(_ id: MachineID, _ entry: Entry, at now: MonotonicTime) -> Transition {
        entries[id]?.liveness = .unresponsive
        entries[id]?.broke = nil
        suspicions[id] = nil
        if let damping { flaps[id, default: FlapHistory()].add(clock.awake, lostSince: entry.since, damping) }
        counts.unresponsive += 1
        return Transition(
            id: id, from: .suspect, to: .unresponsive, silence: max(.zero, now - entry.since), cause: .silence)
    }
}
