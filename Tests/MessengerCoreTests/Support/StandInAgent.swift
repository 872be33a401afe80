import Basics
import ControlProtocol
import FoundationEssentials
import Hummingbird
import Logging
import MeshModel
import MessengerLogic
import NIOCore
import NIOPosix
import Synchronization
import Testing
import Timing

/// Answers `GET /v1/status` on a Unix socket as an agent does.
final class StandInAgent: Sendable {
    private let status: Mutex<AgentStatus>
    private let serving = Mutex<Task<Void, any Error>?>(nil)

    private init(_ status: AgentStatus) { self.status = Mutex(status) }

    /// Starts on the socket `agent.sock` in the directory.
    static func start(in directory: String, _ status: AgentStatus) async throws -> StandInAgent {
        let agent = StandInAgent(status)
        let router = Router()
        router.get("/v1/status") { [weak agent] _, _ in
            let body = try JSONEncoder().encode(agent?.status.withLock { $0 })
            return Response(
                status: .ok, headers: [.contentType: "application/json"], body: .init(byteBuffer: ByteBuffer(bytes: body)))
        }
        let running = OneShot<Void>()
        let application = Application(
            router: router, configuration: .init(address: .unixDomainSocket(path: "\(directory)/agent.sock")),
            onServerRunning: { _ in running.set(()) }, logger: Logger(label: "agent") { _ in SwiftLogNoOpLogHandler() })
        let task = Task { try await application.run() }
        agent.serving.withLock { $0 = task }
        try #require(await running.value(within: .seconds(30)) != nil)
        return agent
    }

    func set(_ status: AgentStatus) { self.status.withLock { $0 = status } }

    func stop() async {
        let task = serving.withLock { $0 }
        task?.cancel()
        _ = await task?.result
    }

    deinit { serving.withLock { $0 }?.cancel() }
}

extension AgentStatus {
    /// What an agent says whose machine is `own`; without it, one that is not registered.
    static func standIn(own: Roster.Member?, peers: [Roster.Member] = []) throws -> AgentStatus {
        let key = try #require(PublicKey(bytes: [UInt8](repeating: 7, count: 32)))
        return AgentStatus(
            version: "0", machine: own.map { Identity(id: $0.id, name: $0.name, meshAddress: $0.address, publicKey: key) },
            coordinator: Coordinator(url: "http://192.0.2.1:7400", connected: true, lastError: nil), backend: "stand-in",
            interface: "lo", listenPort: 51_820, position: nil,
            peers: peers.map {
                PeerStatus(
                    id: $0.id, name: $0.name, meshAddress: $0.address, publicKey: key,
                    liveness: $0.isReachable ? .alive : .unresponsive, configured: $0.isReachable, endpoint: nil,
                    handshakeAgeSeconds: nil, receivedBytes: 0, sentBytes: 0)
            })
    }
}

/// A Unix socket that takes connections and answers every request with the same bytes, or with none.
struct HangingAgent {
    private let channel: any Channel

    static func start(in directory: String, says answer: String) async throws -> HangingAgent {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Answer(answer)) }
            }
            .bind(unixDomainSocketPath: "\(directory)/agent.sock").get()
        return HangingAgent(channel: channel)
    }

    func close() async throws { try await channel.close() }

    private final class Answer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let text: String

        init(_ text: String) { self.text = text }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if !text.isEmpty { context.writeAndFlush(NIOAny(ByteBuffer(string: text)), promise: nil) }
        }
    }
}
