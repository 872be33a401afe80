import AgentLogic
import Basics
import ControlProtocol
import MeshModel
import Synchronization
import Timing
import WireGuardModel

/// What the agent knows of its mesh: shared by the parts that talk to the coordinator and those that configure the machine.
final class Membership: Sendable {
    /// The state at one instant.
    struct State: Sendable {
        var identity: Identity
        var publicKey: PublicKey
        var map = PeerMap()
        /// By what the peers are known: the data plane's, for the disk.
        var pins: [Pin] = []
        /// Whether the coordinator has registered this machine since the agent started.
        var isRegistered = false
        /// What the last registration of this run told the coordinator.
        var told: Told?
        /// What came of the first registration of this run; changes while it does not succeed.
        var word = CoordinatorWord.none
        /// Grows with every change of the identity or the map.
        var generation = 0
        /// Grows whenever the other machines have just been told about this one.
        var announcements = 0
        /// Grows whenever this machine's underlay addresses have changed.
        var moves = 0
        /// Grows whenever a link or an address of this machine may have changed.
        var underlayChanges = 0
        /// Where machines are seen that do not say so themselves.
        var seen: [MachineID: Endpoint] = [:]
        /// The position that the data plane has applied.
        var applied: PeerMapPosition?
        var isConnected = false
        /// Whether it is being taken out of the mesh: nothing is told to the coordinator or written to disk any more.
        var isLeaving = false
        /// Why the coordinator is not connected.
        var lastError: String?

        var registration: Registration? { identity.registration }

        struct Told: Sendable {
            var endpoints: [Endpoint]
            var at: MonotonicTime
        }
    }

    private let state: Mutex<State>
    /// There is something to do for the data plane.
    let dataPlaneSignal = WakeSignal()
    /// There is something to tell the coordinator.
    let heartbeatSignal = WakeSignal()
    /// Questions about other machines, and their answers.
    let probes = ProbeDesk()
    /// There are other names.
    let namesSignal = WakeSignal()
    /// There is something to save.
    let saveSignal = WakeSignal()

    init(identity: Identity, map: PeerMap?, pins: [Pin] = []) throws(CodedError) {
        var first = State(identity: identity, publicKey: try identity.publicKey())
        if let map { first.map = map }
        first.pins = pins
        state = Mutex(first)
    }

    var current: State { state.withLock { $0 } }

    /// The coordinator has (re)registered this machine. A map that was another registration's is forgotten.
    ///
    /// - Parameter endpoints: what the coordinator was told.
    func noteRegistered(_ registration: Registration, endpoints: [Endpoint] = []) {
        state.withLock { state in
            if state.registration?.id != registration.id { state.map = PeerMap() }
            state.identity.registration = registration
            state.identity.joinSecret = nil
            state.isRegistered = true
            state.told = State.Told(endpoints: endpoints, at: .now)
            state.word = .other
            state.generation += 1
        }
        dataPlaneSignal.wake()
        namesSignal.wake()
        heartbeatSignal.wake()
    }

    /// An attempt to register has failed.
    ///
    /// - Parameter isClone: whether another live machine has this machine's key.
    func noteNotRegistered(isClone: Bool) {
        state.withLock { $0.word = isClone ? .clone : .other }
        dataPlaneSignal.wake()
    }

    /// This key is to take the place of the present one; nil: none is any longer.
    func notePendingKey(_ key: PrivateKey?) { state.withLock { $0.identity.pendingKey = key } }

    /// The coordinator has this key for this machine now.
    func noteKeyChanged(to key: KeyPair) {
        state.withLock { state in
            state.identity.privateKey = key.privateKey
            state.identity.pendingKey = nil
            state.publicKey = key.publicKey
            state.generation += 1
        }
        dataPlaneSignal.wake()
    }

    /// Applies one update of the stream, whole or not at all.
    func apply(_ update: PeerMapUpdate) throws(PeerMap.Refusal) {
        let result = state.withLock { state -> Result<Void, PeerMap.Refusal> in
            do throws(PeerMap.Refusal) {
                try state.map.apply(update)
            } catch {
                return .failure(error)
            }
            // A keepalive moves the position and nothing else.
            if case .keepalive = update {} else { state.generation += 1 }
            return .success(())
        }
        try result.get()
        dataPlaneSignal.wake()
        saveSignal.wake()
        namesSignal.wake()
    }

    /// The stream is open: the coordinator sees this machine, and tells the others.
    func noteConnected() {
        state.withLock { state in
            state.isConnected = true
            state.lastError = nil
            state.announcements += 1
        }
        dataPlaneSignal.wake()
        heartbeatSignal.wake()
    }

    func noteDisconnected(_ reason: String) {
        state.withLock { state in
            state.isConnected = false
            state.lastError = reason
        }
    }

    /// This machine's underlay addresses have changed.
    func noteMoved() {
        state.withLock { $0.moves += 1 }
        dataPlaneSignal.wake()
        heartbeatSignal.wake()
    }

    /// A link or an address of this machine may have changed.
    func noteUnderlayChanged() {
        state.withLock { $0.underlayChanges += 1 }
        dataPlaneSignal.wake()
        heartbeatSignal.wake()
    }

    /// Where machines with a tunnel are seen, other than they say themselves.
    func noteSeen(_ seen: [MachineID: Endpoint]) {
        let isNew = state.withLock { state in
            defer { state.seen = seen }
            return state.seen != seen
        }
        if isNew { heartbeatSignal.wake() }
    }

    /// The data plane knows its peers by these from now on.
    func notePins(_ pins: [Pin]) {
        state.withLock { $0.pins = pins }
        saveSignal.wake()
    }

    /// This machine is being taken out of the mesh; or, if that did not succeed, it is not after all.
    func noteLeaving(_ isLeaving: Bool) {
        state.withLock { $0.isLeaving = isLeaving }
        heartbeatSignal.wake()
    }

    func noteApplied(_ position: PeerMapPosition?) { state.withLock { $0.applied = position } }
}
