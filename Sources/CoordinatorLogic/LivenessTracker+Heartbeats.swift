import Basics
import MeshModel

extension LivenessTracker {
    /// A sign of life whose answer tells the machine the present `limits`. A machine that is not tracked yet is from now on, as alive.
    ///
    /// - Returns: the transition if it was suspect or unresponsive and is alive now. One that flaps stays unresponsive until it has been
    ///   heard steadily; see `Damping`.
    @discardableResult
    public mutating func heard(_ id: MachineID, at now: MonotonicTime) -> Transition? {
        clock.advance(to: now)
        guard let old = entries[id] else {
            start(id, at: now)
            return nil
        }
        var entry = old
        let isShorter = tell(&entry)
        entry.lastHeard = clock.awake
        entry.since = now
        entry.wasHeard = true
        entry.broke = nil
        guard old.liveness != .alive else {
            entries[id] = entry
            if isShorter { schedule(id) }
            return nil
        }
        let isBelieved = old.liveness == .suspect || endsDamping(id, old)
        if isBelieved { entry.liveness = .alive }
        entries[id] = entry
        return isBelieved ? recover(id, old, at: now) : nil
    }

    private mutating func start(_ id: MachineID, at now: MonotonicTime) {
        entries[id] = Entry(liveness: .alive, lastHeard: clock.awake, since: now, wasHeard: true, told: 0)
        pace.setMachines(entries.count)
        entries[id]?.quarters = Int32(pace.quarters)
        entries[id]?.told = Int32(pace.quarters)
        schedule(id)
    }

    private mutating func recover(_ id: MachineID, _ old: Entry, at now: MonotonicTime) -> Transition {
        suspicions[id] = nil
        schedule(id)
        counts.recoveries += 1
        let since = old.liveness == .unresponsive ? flaps[id]?.lostSince ?? old.since : old.since
        flaps[id]?.steadySince = nil
        return Transition(id: id, from: old.liveness, to: .alive, silence: max(.zero, now - since), cause: .heard)
    }

    /// Longer limits count from the answer that tells them, shorter ones only once the machine is heard in their rhythm: until then
    /// the answer may have been lost.
    ///
    /// - Returns: whether the limits that it is judged by have become shorter.
    private func tell(_ entry: inout Entry) -> Bool {
        let present = Int32(pace.quarters)
        let before = entry.quarters ?? present
        var quarters = before
        if entry.told < before, clock.awake - entry.lastHeard <= pace.limits(quarters: Int(entry.told)).brokenAfter {
            quarters = entry.told
        }
        entry.told = present
        entry.quarters = max(quarters, present)
        return max(quarters, present) < before
    }

    /// Whether a machine that was unresponsive is believed to be back.
    private mutating func endsDamping(_ id: MachineID, _ old: Entry) -> Bool {
        guard let damping, let history = flaps[id], history.isFlapping(at: clock.awake, damping) else { return true }
        let limit = limits(of: old).suspectAfter
        let isSteady = clock.awake - old.lastHeard < limit
        let since = isSteady ? history.steadySince ?? clock.awake : clock.awake
        flaps[id]?.steadySince = since
        return clock.awake - since >= limit
    }
}
