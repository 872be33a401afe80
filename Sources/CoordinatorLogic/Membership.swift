import Basics
import MeshModel

/// All that the coordinator decides by: who is registered, and who is alive. Every change goes to both together.
public struct Membership: Sendable {
    /// The machines and the history of their changes.
    public internal(set) var registry: Registry
    /// Their silence.
    public internal(set) var tracker: LivenessTracker
    /// Where they were seen.
    var observed = ObservedEndpoints()

    /// An empty mesh.
    ///
    /// - Parameters: as those of `LivenessTracker`.
    public init(
        registry: Registry, limits: LivenessLimits, ceiling: Int = HeartbeatPace.defaultCeiling, damping: Damping? = .standard
    ) {
        self.registry = registry
        tracker = LivenessTracker(limits: limits, ceiling: ceiling, damping: damping)
    }

    /// Puts back a machine that was registered before the start.
    ///
    /// - Parameters:
    ///   - peer: its liveness says whether it was unresponsive; everything else counts as alive, with a fresh grace period.
    /// - Throws: `CodedError` as `Registry.restore`.
    public mutating func restore(_ peer: Peer, at start: MonotonicTime) throws(CodedError) {
        var peer = peer
        if peer.liveness == .suspect { peer.liveness = .alive }
        try registry.restore(peer)
        tracker.restore(peer.id, unresponsive: peer.liveness == .unresponsive, at: start)
    }

    /// Puts an address back into quarantine that was released before the start, after the machines were restored.
    ///
    /// - Parameter released: seconds since 1970.
    public mutating func restoreReleased(_ address: IPAddress, at released: Int64) {
        registry.restoreReleased(address, at: released)
    }

    /// Tells the wall-clock time, in seconds since 1970, before a change is planned: it decides about quarantines alone.
    public mutating func advance(toWall wall: Int64) { registry.advance(toWall: wall) }

    /// Applies a registration that is stored; it is a sign of life.
    ///
    /// - Returns: the transition if the machine was suspect or unresponsive.
    /// - Throws: `CodedError` if the registry has changed since the plan was made so that it is impossible now.
    public mutating func admit(
        _ plan: RegistrationPlan, at now: MonotonicTime
    ) throws(CodedError) -> LivenessTracker.Transition? {
        try registry.apply(plan)
        return markHeard(plan.peer.id, at: now)
    }

    /// What came of a heartbeat.
    public struct Heartbeat: Sendable, Hashable {
        /// The transition if the machine was suspect or unresponsive.
        public let transition: LivenessTracker.Transition?
        /// Whether its endpoints are others than before.
        public let endpointsChanged: Bool
    }

    /// Takes a heartbeat; nil if the machine is not registered.
    public mutating func heartbeat(_ id: MachineID, endpoints: [Endpoint], at now: MonotonicTime) -> Heartbeat? {
        guard registry[id] != nil else { return nil }
        let changed = registry.setEndpoints(endpoints, of: id)
        if changed { observed.noteMoved(id, at: now) }
        return Heartbeat(transition: markHeard(id, at: now), endpointsChanged: changed)
    }

    /// Gives a machine another name. That is no sign of life.
    ///
    /// - Throws: `CodedError` as `Registry.planRename`; then nothing is altered.
    public mutating func rename(_ id: MachineID, to name: MachineName) throws(CodedError) {
        try registry.rename(id, to: name)
    }

    /// Gives a machine another key; its id and addresses stay. That is no sign of life.
    ///
    /// - Throws: `CodedError` as `Registry.planKeyChange`; then nothing is altered.
    public mutating func changeKey(of id: MachineID, to key: PublicKey) throws(CodedError) {
        try registry.changeKey(of: id, to: key)
    }

    /// Removes a machine and releases its address into quarantine; nil if it was not there.
    public mutating func remove(_ id: MachineID) -> Peer? {
        tracker.remove(id)
        observed.remove(id)
        return registry.remove(id)
    }

    /// Looks at the clock.
    public mutating func tick(at now: MonotonicTime) -> LivenessTracker.Tick {
        let tick = tracker.tick(at: now)
        for transition in tick.transitions { registry.setLiveness(transition.to, of: transition.id) }
        return tick
    }

    private mutating func markHeard(_ id: MachineID, at now: MonotonicTime) -> LivenessTracker.Transition? {
        let transition = tracker.heard(id, at: now)
        if let liveness = tracker.liveness(of: id) { registry.setLiveness(liveness, of: id) }
        return transition
    }
}
