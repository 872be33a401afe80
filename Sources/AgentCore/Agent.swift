import Basics
import ControlProtocol
import Glibc
import Logging
import MeshModel
import Observability
import TransportSecurity
import WireGuardControl

/// The agent of one machine: joins the mesh and keeps the machine's part of it right until it is told to stop.
public final class Agent: Sendable {
    private let settings: AgentSettings
    private let logger: Logger
    private let memory: LogMemory
    private let startedAt = Int64(time(nil))
    /// The agent was told to end over its control socket.
    private let ending = WakeSignal()
    /// So that an answer on the control socket gets out before the socket goes.
    private static let farewell = Duration.milliseconds(100)

    /// - Parameter memory: where the latest log lines are kept.
    public init(settings: AgentSettings, logger: Logger, memory: LogMemory = LogMemory()) {
        self.settings = settings
        self.logger = logger
        self.memory = memory
    }

    /// Runs until the task is cancelled. Then the interface, its routes, the control socket and every child process are gone.
    ///
    /// - Throws: `CodedError` if it cannot start: `not-joined`, `already-running`, `identity-damaged`, `state-…`, `control-socket`,
    ///   `port-in-use`, and what `WireGuardBackend.open` throws.
    public func run() async throws {
        let directory = try StateDirectory(settings.stateDirectory)
        try StateDirectory.make(settings.runDirectory)
        let parts = try makeParts(directory)
        try parts.control.check()
        // Meanwhile the coordinator shows its certificate; nothing is told to it yet.
        let greeting = Task { await parts.session.greet() }
        do {
            try await parts.dataPlane.prepare()
        } catch {
            greeting.cancel()
            await parts.dataPlane.close()
            throw error
        }
        announce(parts.membership)
        defer { logger.event("agent-stopped", "the agent has stopped; interface and routes are removed") }
        try await serve(parts)
        if parts.membership.current.isLeaving { try parts.departure.erase() }
        withExtendedLifetime(directory) {}
    }

    private struct Parts: Sendable {
        let membership: Membership
        let dataPlane: DataPlane
        let session: CoordinatorSession
        let rotation: KeyRotation
        let heartbeats: HeartbeatLoop
        let underlay: UnderlayLoop
        let prober: MeshProber
        let saver: PeerMapSaver
        let names: NamesKeeper
        let departure: Departure
        let control: ControlServer
        let metrics: MetricsServer
    }

    private func makeParts(_ directory: StateDirectory) throws(CodedError) -> Parts {
        let store = IdentityStore(directory: directory.path)
        let maps = PeerMapStore(directory: directory.path)
        let identity = try makeIdentity(store)
        let last = loadMap(maps, of: identity)
        let membership = try Membership(identity: identity, map: last?.map, pins: last?.pins ?? [])
        let dataPlane = try DataPlane(
            backend: settings.makeBackend(), membership: membership, settings: settings, logger: logger)
        let endpoints = LocalEndpoints(
            interface: settings.interface, port: settings.listenPort, override: settings.endpoints)
        let client = CoordinatorClient(trust: ServerTrust(url: identity.coordinator, pin: identity.pin?.bytes))
        let keeper = IdentityKeeper(membership: membership, store: store)
        let rotation = KeyRotation(membership: membership, keeper: keeper, logger: logger) {
            (machine, key, coordinator) async throws(CoordinatorFailure) -> ChangedKey in
            try await client.changeKey(of: machine, to: key, at: coordinator)
        }
        let session = CoordinatorSession(
            membership: membership, client: client, endpoints: endpoints, settings: settings, keeper: keeper, rotation: rotation,
            logger: logger)
        let names = NamesKeeper(
            membership: membership, path: settings.hostsFile, interface: settings.interface, logger: logger)
        let departure = Departure(membership: membership, client: client, keeper: keeper, maps: maps, logger: logger)
        let actions = makeActions(membership, dataPlane, names, rotation, departure)
        return Parts(
            membership: membership, dataPlane: dataPlane, session: session, rotation: rotation,
            heartbeats: HeartbeatLoop(
                membership: membership, client: client, endpoints: endpoints, session: session, logger: logger),
            underlay: UnderlayLoop(membership: membership, endpoints: endpoints, session: session, logger: logger),
            prober: MeshProber(membership: membership, logger: logger),
            saver: PeerMapSaver(membership: membership, store: maps, logger: logger),
            names: names, departure: departure,
            control: ControlServer(
                socket: AgentSettings.controlSocket(in: settings.runDirectory), logger: logger, actions: actions, memory: memory),
            metrics: MetricsServer(address: settings.metrics, logger: logger, metrics: actions.metrics))
    }

    private func makeActions(
        _ membership: Membership, _ dataPlane: DataPlane, _ names: NamesKeeper, _ rotation: KeyRotation, _ departure: Departure
    ) -> ControlActions {
        let status = { @Sendable (measuring: Duration?) async -> AgentStatus in
            var status = await dataPlane.status()
            status.names = names.status
            if let measuring { await status.measure(by: membership.probes, within: measuring) }
            status.problems = status.troubles
            return status
        }
        let (interface, memory, started, ending) = (settings.interface, memory, startedAt, ending)
        return ControlActions(
            status: status, rotateKey: { try await rotation.rotate() }, leave: { try await departure.leave(force: $0) },
            metrics: {
                AgentMetrics(
                    status: await status(nil), events: memory.counts, started: started,
                    traffic: AgentMetrics.Traffic(interface: interface)
                ).text
            }, end: { ending.wake() })
    }

    /// The identity on disk, or a new one, which is on disk before anybody hears of it.
    private func makeIdentity(_ store: IdentityStore) throws(CodedError) -> Identity {
        guard var identity = try store.load() else {
            guard let join = settings.join else {
                throw CodedError(
                    "not-joined",
                    "this machine has not joined a mesh yet: give it a join token with --join (made by warren-coordinator token create)"
                )
            }
            let identity = Identity(joining: join)
            try store.save(identity)
            return identity
        }
        let before = identity
        if let join = settings.join {
            identity.coordinator = join.coordinator
            identity.pin = join.pin
            if identity.registration == nil { identity.joinSecret = join.secret }
        }
        if identity != before { try store.save(identity) }
        return identity
    }

    /// The last map of this machine; one that cannot be read is reported and had again from the coordinator.
    private func loadMap(_ store: PeerMapStore, of identity: Identity) -> PeerMapStore.Saved? {
        guard let machine = identity.registration?.id else { return nil }
        do throws(CodedError) {
            return try store.load(of: machine)
        } catch {
            logger.event(
                "peers-not-loaded", "the last peer map is not used; waiting for the coordinator's: \(error)",
                ["aside": "\(setAside(store.path))"], level: .warning)
            return nil
        }
    }

    /// - Returns: where the file is now.
    private func setAside(_ path: String) -> String {
        do throws(CodedError) {
            return try PrivateFile.setAside(path)
        } catch {
            logger.event("peers-not-saved", "what is in \(path) will be written over: \(error)", level: .error)
            return path
        }
    }

    private func announce(_ membership: Membership) {
        let state = membership.current
        logger.event(
            "agent-started", "warren-agent \(Version.current) runs",
            [
                "version": "\(Version.current)", "pid": .stringConvertible(getpid()), "name": "\(settings.name)",
                "key": "\(state.publicKey)", "coordinator": "\(state.identity.coordinator)", "interface": "\(settings.interface)",
                "listen_port": .stringConvertible(settings.listenPort), "known_peers": .stringConvertible(state.map.peers.count),
            ])
    }

    private func serve(_ parts: Parts) async throws {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await parts.dataPlane.run() }
                group.addTask { await parts.session.run() }
                group.addTask { await parts.rotation.run() }
                group.addTask { await parts.heartbeats.run() }
                group.addTask { await parts.underlay.run() }
                group.addTask { await parts.prober.run() }
                group.addTask { await parts.saver.run() }
                group.addTask { await parts.names.run() }
                group.addTask { try await parts.control.run() }
                group.addTask { try await parts.metrics.run() }
                group.addTask { [ending] in
                    await ending.wait()
                    try await Task.sleep(for: Self.farewell)
                }
                // The first one that ends, ends all: by cancellation, or the control socket by an error.
                defer { group.cancelAll() }
                try await group.next()
                group.cancelAll()
                try await group.waitForAll()
            }
        } catch is CancellationError {
            // That is how it is told to stop.
        }
    }
}
