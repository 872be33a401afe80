import Basics
import ControlProtocol
import CoordinatorLogic
import Glibc
import Hummingbird
import Logging
import NIOCore
import NIOSSL
import Observability
import ServiceLifecycle
import TransportSecurity

/// A running coordinator: the public API, the admin socket, and what runs in the background.
public struct CoordinatorServer: Service {
    private let settings: CoordinatorSettings
    private let clock: CoordinatorClock
    private let keepalive: Duration
    private let logger: Logger
    private let onReady: @Sendable (ListenAddress) async -> Void

    /// How long requests in flight may take after the order to stop.
    static let shutdownPatience = Duration.milliseconds(1_500)
    /// Connections to the admin socket at one time.
    static let adminConnections = 32
    /// File descriptors that are kept free of client connections.
    static let reservedDescriptors = 64

    /// - Parameters:
    ///   - logger: for the events of docs/logging.md.
    ///   - onReady: called once both APIs accept connections, with the address that the public one really has.
    public init(
        settings: CoordinatorSettings, logger: Logger, onReady: @escaping @Sendable (ListenAddress) async -> Void = { _ in }
    ) {
        self.init(
            settings: settings, clock: .system, keepalive: PeerStreamBody.defaultKeepalive, logger: logger, onReady: onReady)
    }

    init(
        settings: CoordinatorSettings, clock: CoordinatorClock, keepalive: Duration, logger: Logger,
        onReady: @escaping @Sendable (ListenAddress) async -> Void
    ) {
        self.settings = settings
        self.clock = clock
        self.keepalive = keepalive
        self.logger = logger
        self.onReady = onReady
    }

    /// Runs until the surrounding service group shuts down or the task is cancelled.
    ///
    /// - Throws: `CodedError`: `data-unusable`, `data-in-use`, `socket-path-too-long`, `cannot-listen`, `storage-failed`,
    ///   `database-damaged`, `address-outside-pool`, `certificate-unusable`.
    public func run() async throws {
        let directory = try DataDirectory(settings.data)
        let socket = try AdminSocket.prepare(in: directory.path)
        let certificate = try CertificateFiles.load(settings.transport, data: directory.path)
        let facts = ServerFacts(settings.transport, certificate)
        let store = try Store(path: DataDirectory.database(in: directory.path))
        let coordinator = try await Coordinator(settings: settings, store: store, clock: clock, logger: logger)
        let readiness = Readiness { [settings, logger, onReady] address in
            let epoch = await coordinator.position.epoch
            let machines = await coordinator.health().machines
            logger.event(
                "coordinator-started", "the coordinator accepts connections on \(address)",
                [
                    "listen": "\(address)", "data": "\(settings.data)", "epoch": "\(epoch)", "version": "\(Version.current)",
                    "pool": "\(settings.pool)", "machines": .stringConvertible(machines),
                    "scheme": "\(settings.transport.scheme)",
                    "pin": "\(facts.pin.map { "\($0)" } ?? "none")",
                ])
            if settings.transport == .plaintext, !address.address.isLoopback {
                logger.event(
                    "plaintext-listener", "without TLS everybody on the way can read and change what machines are told",
                    ["listen": "\(address)"], level: .warning)
            }
            await onReady(address)
        }
        var services: [any Service] = [
            Background { await coordinator.runSaving() },
            Background { await coordinator.runEventSaving() },
            Background { await coordinator.runLiveness() },
            Background { await coordinator.hub.runWakeUps() },
            Background { [keepalive] in await coordinator.hub.runKeepalives(every: keepalive) },
            adminListener(coordinator, facts, socket, readiness),
            publicListener(coordinator, facts, certificate?.serverConfiguration, readiness),
        ]
        // Stopped first: requests in flight are waited for, and a stream is one.
        services.append(OnShutdown { await coordinator.stopStreams() })
        var configuration = ServiceGroupConfiguration(services: services, logger: quiet(logger))
        configuration.maximumGracefulShutdownDuration = Self.shutdownPatience
        defer { AdminSocket.remove(socket) }
        try await ServiceGroup(configuration: configuration).run()
        try await coordinator.saveChanges()
        try await coordinator.saveEvents()
        try store.close()
        logger.event("coordinator-stopped", "the coordinator has stopped")
        withExtendedLifetime(directory) {}
    }

    private func publicListener(
        _ coordinator: Coordinator, _ facts: ServerFacts, _ tls: TLSConfiguration?, _ readiness: Readiness
    ) -> Listener<some HTTPResponder<APIContext>> {
        let host = settings.listen.address.description
        let limit = Self.connectionLimit()
        let connections = ConnectionTable(
            limit: limit, addressLimit: settings.clients.connectionsPerAddress ?? limit / 2,
            newcomerLimit: settings.clients.newcomers)
        let api = PublicAPI(
            coordinator: coordinator, logger: logger,
            limits: RequestLimits(
                settings.clients, heartbeatInterval: .milliseconds(settings.liveness.heartbeatIntervalMilliseconds),
                now: clock.monotonic),
            connections: connections)
        return Listener(
            responder: api.router().buildResponder(),
            address: .hostname(host, port: Int(settings.listen.port)), place: "\(settings.listen)", tls: tls,
            connections: connections, limits: settings.clients,
            onRefusal: { coordinator.metrics.refusedMalformed($0) }, logger: quiet(logger)
        ) { [settings] channel in
            let port = channel.localAddress?.port.flatMap { UInt16(exactly: $0) } ?? settings.listen.port
            let address = ListenAddress(address: settings.listen.address, port: port)
            facts.listens(on: address)
            await readiness.publicIsReady(address)
        }
    }

    private func adminListener(
        _ coordinator: Coordinator, _ facts: ServerFacts, _ socket: String, _ readiness: Readiness
    ) -> Listener<some HTTPResponder<APIContext>> {
        Listener(
            responder: AdminAPI(coordinator: coordinator, facts: facts, keepalive: keepalive).routes.router().buildResponder(),
            address: .unixDomainSocket(path: socket), place: socket,
            connections: ConnectionTable(
                limit: Self.adminConnections, addressLimit: Self.adminConnections),
            limits: settings.clients, logger: quiet(logger)
        ) { [logger] _ in
            if let error = AdminSocket.makePrivate(socket) {
                logger.event("admin-socket-open", "\(error.message)", ["socket": "\(socket)"], level: .error)
            }
            await readiness.adminIsReady()
        }
    }

    /// As many connections as there are file descriptors for.
    private static func connectionLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
        return max(64, Int(min(limit.rlim_cur, 1 << 20)) - reservedDescriptors)
    }

    /// The libraries' own chatter is not in the dictionary of events.
    private func quiet(_ logger: Logger) -> Logger {
        var quiet = logger
        quiet.logLevel = .critical
        return quiet
    }
}
