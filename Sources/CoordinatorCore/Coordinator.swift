import Basics
import ControlProtocol
import CoordinatorLogic
import Logging
import MeshModel
import Observability

/// The coordinator: the pure membership, what is stored of it, and who is told about it.
///
/// A membership change is stored first and applied to memory only when that succeeded; `lane` keeps such changes in order
/// while heartbeats, streams and the clock go on.
actor Coordinator {
    let settings: CoordinatorSettings
    let store: Store
    nonisolated let clock: CoordinatorClock
    let logger: Logger
    let lane = WriteLane()
    /// Registrations that wait for their commit.
    var waitingRegistrations = RegistrationQueue()
    let started: MonotonicTime
    /// For proofs of keys.
    let challenges: ChallengeBook
    /// What is counted for `GET /metrics`.
    nonisolated let metrics = CoordinatorMetrics()

    var membership: Membership
    /// The credential of every registered machine.
    var credentials: [MachineID: StoredCredential] = [:]
    /// What machines said they have applied.
    var applied: [MachineID: PeerMapPosition] = [:]
    /// Who holds the machines' keys, as far as was seen since the start.
    var heldKeys: [MachineID: HeldKey] = [:]
    /// Machines whose names an administrator gave.
    var givenNames: Set<MachineID> = []
    /// Events that are not on disk yet.
    var events = EventQueue()
    /// Who follows the events.
    var eventFollowers: [ObjectIdentifier: EventFollower] = [:]
    /// Wakes the saver of events.
    let eventSaveRequests: AsyncStream<Void>
    let eventSaveRequested: AsyncStream<Void>.Continuation
    /// Where the readers of the peer map get their lines from.
    nonisolated let hub: StreamHub
    var isStopping = false
    /// Machines whose stored row is behind what is known of them.
    var unsaved: Set<MachineID> = []
    /// Wakes the saver.
    let saveRequests: AsyncStream<Void>
    let saveRequested: AsyncStream<Void>.Continuation

    /// What is known of a credential.
    struct StoredCredential: Sendable {
        let hash: SecretHash
        /// Whether the machine has presented it at least once.
        var wasUsed: Bool
        /// The one before, which the machine still has if the answer that brought this one was lost. Of no use once this one was used.
        var previous: SecretHash?
    }

    /// Reads everything from the store.
    ///
    /// - Throws: `CodedError`: `storage-failed`, `database-damaged`, or `address-outside-pool` if the pool is not the one that
    ///   the stored machines have their addresses from.
    init(settings: CoordinatorSettings, store: Store, clock: CoordinatorClock, logger: Logger) async throws(CodedError) {
        self.settings = settings
        self.store = store
        self.clock = clock
        self.logger = logger
        started = clock.monotonic()
        store.onCommit { [metrics] duration in metrics.committed(seconds: duration.inSeconds) }
        let pool = try AddressPool(prefix: settings.pool, quarantine: settings.addressQuarantine)
        let registry = Registry(epoch: RandomBytes.hex(8), pool: pool, meshPrefix6: try await store.meshPrefix6())
        challenges = try ChallengeBook()
        membership = Membership(registry: registry, limits: try settings.limits(), ceiling: settings.heartbeatCeiling)
        hub = StreamHub(epoch: registry.epoch)
        (saveRequests, saveRequested) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (eventSaveRequests, eventSaveRequested) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        givenNames = try await store.machinesWithGivenNames()
        events = EventQueue(after: try await store.latestEventNumber())
        for machine in try await store.machines() {
            try membership.restore(machine.peer, at: started)
            credentials[machine.peer.id] = StoredCredential(
                hash: machine.credential, wasUsed: machine.credentialUsed, previous: machine.previousCredential)
        }
        membership.advance(toWall: clock.wall())
        for released in try await store.releasedAddresses() {
            membership.restoreReleased(released.address, at: released.releasedAt)
        }
        try hub.restore(membership.registry)
    }

    /// For `GET /health`.
    func health() -> Health {
        let uptime = (clock.monotonic() - started).wholeMilliseconds
        return Health(
            status: "ok", version: Version.current, uptimeSeconds: Double(uptime) / 1_000, machines: membership.registry.count)
    }

    /// The position after the latest change.
    var position: PeerMapPosition { membership.registry.position }

    /// All machines, in no particular order, and the position that they are of.
    var snapshot: (position: PeerMapPosition, machines: [Peer]) { (position, membership.registry.machines) }

    /// For `GET /v1/machines` on the admin socket.
    func machineList() -> MachineList {
        let now = clock.monotonic()
        let streams = streams
        let machines = membership.registry.machines.sorted { $0.name < $1.name }.map { peer in
            MachineStatus(
                id: peer.id, name: peer.name, publicKey: peer.publicKey, meshAddress: peer.meshAddress,
                meshAddress6: peer.meshAddress6, endpoints: peer.endpoints, observedEndpoints: peer.observedEndpoints,
                liveness: peer.liveness, reason: membership.reason(of: peer.id, at: now), connected: streams[peer.id] != nil,
                reachedMilliseconds: membership.tracker.reached(peer.id, at: now).map { Int($0.wholeMilliseconds) },
                silentMilliseconds: membership.tracker.silence(of: peer.id, at: now).map { Int($0.wholeMilliseconds) },
                applied: applied[peer.id], revoked: credentials[peer.id]?.hash.isNobodys == true ? true : nil)
        }
        return MachineList(position: position, machines: machines)
    }

    /// Logs a membership event and remembers it.
    func record(
        _ event: String, _ peer: Peer, _ detail: String, _ fields: Logger.Metadata = [:], level: Logger.Level = .info
    ) {
        let about: Logger.Metadata = [
            "machine": "\(peer.id)", "name": "\(peer.name)", "address": "\(peer.meshAddress)",
            "revision": .stringConvertible(position.revision),
        ]
        logger.event(event, "\(detail)", about.merging(fields) { _, given in given }, level: level)
        note(event, peer, detail, EventReason.of(event, fields))
    }
}
