import Basics
import ControlProtocol
import Logging
import MessengerLogic
import NIOPosix
import Observability
import ServiceLifecycle

/// The messenger's daemon.
public struct Messenger: Service {
    private let settings: MessengerSettings
    private let directory: any Directory
    private let logger: Logger

    /// - Parameters:
    ///   - settings: how to run.
    ///   - directory: who is in the mesh; by default the agent's directory.
    ///   - logger: where events go.
    public init(settings: MessengerSettings, directory: (any Directory)? = nil, logger: Logger) {
        self.settings = settings
        self.directory = directory ?? AgentDirectory(socket: "\(settings.runDirectory)/agent.sock")
        self.logger = logger
    }

    /// Runs until the task is cancelled or shut down gracefully.
    ///
    /// - Throws: `CodedError`: `state-directory`, `already-running`, `inbox-open`, `outbox-open`, `control-socket`.
    public func run() async throws {
        let directoryLock = try StateDirectory(settings.stateDirectory)
        try StateDirectory.make(settings.runDirectory)
        let store = try InboxStore(path: "\(directoryLock.path)/inbox.sqlite", limits: settings.inbox)
        let outbox = try OutboxStore(path: "\(directoryLock.path)/outbox.sqlite")
        logger.event(
            "messenger-started", "The messenger has started",
            [
                "version": "\(Version.current)", "state": "\(settings.stateDirectory)", "run_dir": "\(settings.runDirectory)",
                "port": .stringConvertible(settings.port),
            ])
        do {
            try await serve(store, outbox)
        } catch {
            if !(error is CancellationError) {
                try store.close()
                try outbox.close()
                throw error
            }
        }
        try store.close()
        try outbox.close()
        logger.event("messenger-stopped", "The messenger has stopped")
        withExtendedLifetime(directoryLock) {}
    }

    private func serve(_ store: InboxStore, _ outbox: OutboxStore) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let state = MessengerState()
        let connections = OpenConnections(
            budget: ConnectionBudget(perPeer: settings.connectionsPerPeer, total: settings.connectionsInAll))
        let receiver = MessageReceiver(
            directory: directory, store: store, state: state, settings: settings, logger: logger)
        let supervisor = ListenerSupervisor(
            directory: directory, receiver: receiver, connections: connections, state: state, settings: settings, logger: logger,
            group: group)
        let sender = MessageSender(
            directory: directory, outbox: outbox, state: state, settings: settings, logger: logger, group: group)
        let control = ControlServer(
            socket: "\(settings.runDirectory)/\(MessengerControl.socketName)",
            routes: ControlRoutes(sender: sender, outbox: outbox, store: store, state: state, connections: connections),
            logger: logger)
        try await sender.resume()
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { await cancelWhenGracefulShutdown { await supervisor.run() } }
            tasks.addTask { await sender.run() }
            // A graceful shutdown lets sends that are under way come to their end, within the program's limit.
            try await control.run()
            tasks.cancelAll()
        }
    }
}
