import Basics
import MeshModel
import MessengerLogic
import NIOCore
import NIOPosix
import Testing

@testable import MessengerCore

/// The receiving half of a messenger: a real listener and a real inbox.
final class Station: Sendable {
    let own: Roster.Member
    let directory: StandInDirectory
    let log = LogRecorder()
    let state = MessengerState()
    let store: InboxStore
    let settings: MessengerSettings
    let connections: OpenConnections
    private let files: TemporaryDirectory
    private let serving: Task<Void, any Error>

    /// - Parameter peers: whom its directory knows besides itself.
    init(
        _ own: Roster.Member, knows peers: [Roster.Member] = [], _ adjust: (inout MessengerSettings) -> Void = { _ in }
    ) async throws {
        self.own = own
        directory = StandInDirectory(.answers(Roster(own: own, others: peers)))
        files = try TemporaryDirectory()
        var settings = MessengerSettings(stateDirectory: files.path, runDirectory: files.path)
        settings.frameDeadline = .seconds(30)
        settings.directoryDeadline = .seconds(30)
        adjust(&settings)
        self.settings = settings
        store = try InboxStore(path: "\(files.path)/inbox.sqlite", limits: settings.inbox)
        connections = OpenConnections(
            budget: ConnectionBudget(perPeer: settings.connectionsPerPeer, total: settings.connectionsInAll))
        let listener = try await MessageListener.bind(
            own.address, port: settings.port, connections: connections, state: state, logger: log.logger,
            on: MultiThreadedEventLoopGroup.singleton)
        let receiver = MessageReceiver(
            directory: directory, store: store, state: state, settings: settings, logger: log.logger)
        serving = Task { try await listener.serve { await receiver.converse($0, from: $1) } }
    }

    deinit { serving.cancel() }

    /// The file of the inbox.
    var inboxPath: String { "\(files.path)/inbox.sqlite" }

    func stop() async {
        serving.cancel()
        _ = await serving.result
    }

    /// A connection from that address, with nothing said yet.
    func connect(from address: IPAddress) async throws -> FrameConnection {
        try await Dialer.connect(
            from: address, to: own.address, port: settings.port, within: .seconds(30), on: MultiThreadedEventLoopGroup.singleton
        ).get()
    }

    /// A connection on which messages may follow.
    func greet(from address: IPAddress) async throws -> FrameConnection {
        let connection = try await connect(from: address)
        let answer = try await connection.ask(.hello(Hello(versions: [1], program: "test")))
        guard case .welcome = answer else { throw CodedError("no-welcome", "\(answer)") }
        return connection
    }
}

extension FrameConnection {
    /// Sends a frame and reads the answer.
    func ask(_ frame: Frame) async throws -> Frame {
        try await send(frame, within: .seconds(30))
        return try await receive(within: .seconds(30))
    }

    /// Sends bytes as they are.
    func sendRaw(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    /// Reads until the other side closes; the frames that came before.
    func drain() async throws -> [Frame] {
        var frames: [Frame] = []
        do {
            while true { frames.append(try await receive(within: .seconds(30))) }
        } catch let end as ConnectionEnd where end != .closed {
            throw end
        } catch {
            return frames
        }
    }
}
