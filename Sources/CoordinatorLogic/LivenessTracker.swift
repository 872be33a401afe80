import Basics
import MeshModel

/// Who has been silent for how long: alive → suspect → unresponsive, and back to alive on the first sign of life.
///
/// Costs O(log machines) a transition and O(1) a heartbeat: a heartbeat only moves the machine's own time, and its place
/// in the deadline heap is corrected when the old deadline comes up.
public struct LivenessTracker: Sendable {
    /// A machine's change of state.
    public struct Transition: Sendable, Hashable {
        public let id: MachineID
        public let from: Liveness
        public let to: Liveness
        /// How long the machine had been silent.
        public let silence: Duration
    }

    /// What came of looking at the clock.
    public struct Tick: Sendable, Hashable {
        /// In the order of their deadlines.
        public let transitions: [Transition]
        /// When to look again: at the next deadline, or earlier so that the tracker notices if it was not run at all.
        public let wake: MonotonicTime
    }

    private struct Entry: Sendable {
        var liveness: Liveness
        /// Awake time of the last sign of life, or of the start of its grace period.
        var lastHeard: MonotonicTime
        /// The same as real time.
        var since: MonotonicTime
        /// Whether there was a sign of life at all.
        var wasHeard: Bool
        /// The time of its valid node in `deadlines`; nodes with another time are void.
        var scheduled: MonotonicTime?
    }

    private struct Deadline: Comparable, Sendable {
        let time: MonotonicTime
        let id: MachineID
        static func < (left: Self, right: Self) -> Bool { left.time < right.time }
    }

    private let limits: LivenessLimits
    private var clock: AwakeClock
    private var entries: [MachineID: Entry] = [:]
    private var deadlines = MinHeap<Deadline>()

    /// - Parameter limits: apply to all machines.
    public init(limits: LivenessLimits) {
        self.limits = limits
        clock = AwakeClock(longestStep: limits.suspectAfter / 2)
    }

    /// The most time between two ticks that the tracker still takes for its own regular running.
    public var longestStep: Duration { clock.longestStep }

    /// Tracks a machine that was registered before the start; one that is tracked already is left alone.
    ///
    /// - Parameters:
    ///   - unresponsive: it stays so until it is heard. Any other gets a full grace period from `start`.
    public mutating func restore(_ id: MachineID, unresponsive: Bool, at start: MonotonicTime) {
        guard entries[id] == nil else { return }
        clock.advance(to: start)
        entries[id] = Entry(
            liveness: unresponsive ? .unresponsive : .alive, lastHeard: clock.awake, since: start, wasHeard: false)
        if !unresponsive { schedule(id, after: limits.suspectAfter) }
    }

    /// A sign of life. A machine that is not tracked yet is from now on, as alive.
    ///
    /// - Returns: the transition if it was suspect or unresponsive.
    @discardableResult
    public mutating func heard(_ id: MachineID, at now: MonotonicTime) -> Transition? {
        clock.advance(to: now)
        let old = entries[id]
        var entry = Entry(liveness: .alive, lastHeard: clock.awake, since: now, wasHeard: true)
        entry.scheduled = old?.scheduled
        entries[id] = entry
        guard let old else {
            schedule(id, after: limits.suspectAfter)
            return nil
        }
        guard old.liveness != .alive else { return nil }
        schedule(id, after: limits.suspectAfter)
        return Transition(id: id, from: old.liveness, to: .alive, silence: max(.zero, now - old.since))
    }

    /// Forgets a machine.
    public mutating func remove(_ id: MachineID) {
        entries[id] = nil
    }

    /// What the machine is taken for; nil if it is not tracked.
    public func liveness(of id: MachineID) -> Liveness? { entries[id]?.liveness }

    /// Time since the last sign of life; nil if there was none since the start.
    public func silence(of id: MachineID, at now: MonotonicTime) -> Duration? {
        guard let entry = entries[id], entry.wasHeard else { return nil }
        return max(.zero, now - entry.since)
    }

    /// Looks at the clock: whose silence has become too long, and when to look again.
    ///
    /// A machine's deadline can only be set at a time when it is a full `suspectAfter` away, which is later than any `wake`;
    /// so a driver that sleeps until `wake` misses none, whatever happens while it sleeps.
    public mutating func tick(at now: MonotonicTime) -> Tick {
        clock.advance(to: now)
        var transitions: [Transition] = []
        var wait = clock.longestStep / 2
        while let next = deadlines.least {
            guard var entry = entries[next.id], entry.scheduled == next.time else {
                deadlines.removeLeast()
                continue
            }
            let due = entry.lastHeard + limit(of: entry.liveness)
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
            transitions.append(demote(next.id, entry, at: now))
        }
        return Tick(transitions: transitions, wake: now + wait)
    }

    private mutating func demote(_ id: MachineID, _ entry: Entry, at now: MonotonicTime) -> Transition {
        let to = entry.liveness == .alive ? Liveness.suspect : .unresponsive
        entries[id]?.liveness = to
        entries[id]?.scheduled = nil
        if to == .suspect { schedule(id, after: limits.unresponsiveAfter) }
        return Transition(id: id, from: entry.liveness, to: to, silence: max(.zero, now - entry.since))
    }

    private func limit(of liveness: Liveness) -> Duration {
        liveness == .alive ? limits.suspectAfter : limits.unresponsiveAfter
    }

    private mutating func schedule(_ id: MachineID, after limit: Duration) {
        guard let entry = entries[id] else { return }
        let time = entry.lastHeard + limit
        guard entry.scheduled != time else { return }
        entries[id]?.scheduled = time
        deadlines.insert(Deadline(time: time, id: id))
    }
}
