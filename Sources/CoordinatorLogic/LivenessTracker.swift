import Basics
import MeshModel

/// Who has been silent for how long: alive → suspect → unresponsive, and back to alive on a sign of life.
///
/// Costs O(log machines) a transition and O(1) a heartbeat: a heartbeat only moves the machine's own time, and its place
/// in the deadline heap is corrected when the old deadline comes up. The rules are told in docs/liveness.md.
public struct LivenessTracker: Sendable {
    /// What is known of one machine.
    struct Entry: Sendable {
        var liveness: Liveness
        /// Awake time of the last sign of life, or of the start of its grace period.
        var lastHeard: MonotonicTime
        /// The same as real time.
        var since: MonotonicTime
        /// Whether there was a sign of life at all.
        var wasHeard: Bool
        /// What it is judged by: the factor in quarters, of `HeartbeatPace`. Nil before the first sign of life: the present one.
        var quarters: Int32?
        /// What its last answer said; shorter than `quarters` as long as it is not known to have arrived.
        var told: Int32
        /// The end of its stream, if no other one has been opened and nothing was heard since.
        var broke: Break?
        /// The time of its valid node in `deadlines`; nodes with another time are void.
        var scheduled: MonotonicTime?
    }

    struct Break: Sendable {
        let awake: MonotonicTime
        let at: MonotonicTime
    }

    struct Deadline: Comparable, Sendable {
        let time: MonotonicTime
        let id: MachineID
        static func < (left: Self, right: Self) -> Bool { left.time < right.time }
    }

    var clock: AwakeClock
    var pace: HeartbeatPace
    let damping: Damping?
    var entries: [MachineID: Entry] = [:]
    var deadlines = MinHeap<Deadline>()
    /// Of those that are suspect, and of nobody else.
    var suspicions: [MachineID: Suspicion] = [:]
    /// When to ask about a suspect again; void unless it is the suspicion's own `nextAsk`.
    var asks = MinHeap<Deadline>()
    var questions = WitnessQuestions()
    /// Those with an open stream.
    var connected = PickSet()
    var flaps: [MachineID: FlapHistory] = [:]
    /// What has happened since the start.
    public internal(set) var counts = LivenessCounts()

    /// - Parameters:
    ///   - limits: of a fleet that the ceiling has room for.
    ///   - ceiling: the most heartbeats per second of all machines together; see `HeartbeatPace`.
    ///   - damping: nil believes every machine at its first word.
    public init(limits: LivenessLimits, ceiling: Int = HeartbeatPace.defaultCeiling, damping: Damping? = .standard) {
        pace = HeartbeatPace(base: limits, ceiling: ceiling)
        self.damping = damping
        clock = AwakeClock(longestStep: limits.suspectAfter / 2)
    }

    /// The most time between two ticks that the tracker still takes for its own regular running.
    public var longestStep: Duration { clock.longestStep }

    /// What machines are to be told now. Whoever is heard is taken to be told this.
    public var limits: LivenessLimits { pace.limits }

    /// Tracks a machine that was registered before the start; one that is tracked already is left alone.
    ///
    /// - Parameters:
    ///   - unresponsive: it stays so until it is heard. Any other gets a full grace period from `start`.
    public mutating func restore(_ id: MachineID, unresponsive: Bool, at start: MonotonicTime) {
        guard entries[id] == nil else { return }
        clock.advance(to: start)
        entries[id] = Entry(
            liveness: unresponsive ? .unresponsive : .alive, lastHeard: clock.awake, since: start, wasHeard: false,
            quarters: nil, told: Int32(pace.quarters))
        pace.setMachines(entries.count)
        if !unresponsive { schedule(id) }
    }

    /// Forgets a machine.
    public mutating func remove(_ id: MachineID) {
        guard entries.removeValue(forKey: id) != nil else { return }
        suspicions[id] = nil
        flaps[id] = nil
        connected.remove(id)
        pace.setMachines(entries.count)
    }

    /// What the machine is taken for; nil if it is not tracked.
    public func liveness(of id: MachineID) -> Liveness? { entries[id]?.liveness }

    /// Time since the last sign of life; nil if there was none since the start.
    public func silence(of id: MachineID, at now: MonotonicTime) -> Duration? {
        guard let entry = entries[id], entry.wasHeard else { return nil }
        return max(.zero, now - entry.since)
    }

    /// What the machine is judged by.
    func limits(of entry: Entry) -> LivenessLimits { pace.limits(quarters: entry.quarters.map(Int.init) ?? pace.quarters) }

    /// Puts the machine's next deadline into the heap, unless the one that is there is it.
    mutating func schedule(_ id: MachineID) {
        guard let entry = entries[id], entry.liveness != .unresponsive else { return }
        let time = due(id, entry)
        guard entry.scheduled != time else { return }
        entries[id]?.scheduled = time
        deadlines.insert(Deadline(time: time, id: id))
        // Void nodes go when their time comes; whoever makes many before that costs no memory.
        guard deadlines.count > 2 * entries.count + 64 else { return }
        deadlines = MinHeap(entries.compactMap { id, entry in entry.scheduled.map { Deadline(time: $0, id: id) } })
    }

    /// Awake time at which the machine changes its state if nothing is heard.
    func due(_ id: MachineID, _ entry: Entry) -> MonotonicTime {
        let limits = limits(of: entry)
        guard entry.liveness == .alive else {
            return max(entry.lastHeard, suspicions[id]?.contact?.awake ?? entry.lastHeard) + limits.unresponsiveAfter
        }
        let silent = entry.lastHeard + limits.suspectAfter
        return entry.broke.map { min(silent, $0.awake + limits.brokenAfter) } ?? silent
    }
}
