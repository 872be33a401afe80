import Basics
import Glibc
import MeshModel
import MessengerLogic
import NIOCore
import NIOPosix
import Testing

@testable import MessengerCore
import Timing

/// A receiver that answers each frame with what the test says, whatever it was; nil closes the connection, and when
/// nothing is left it is silent.
struct MutePeer {
    private let channel: any Channel
    private let connected: OneShot<Void>

    static func listen(on address: IPAddress, port: UInt16, answers: [Frame?]) async throws -> MutePeer {
        let bytes = try answers.map { try $0?.raw().encoded }
        let connected = OneShot<Void>()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                connected.set(())
                return channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Script(bytes)) }
            }
            .bind(to: try SocketAddress(address, port: Int(port))).get()
        return MutePeer(channel: channel, connected: connected)
    }

    /// Waits until somebody has connected; false after twenty seconds.
    func wasConnected() async -> Bool { await connected.value(within: .seconds(20)) != nil }

    func close() async throws { try await channel.close() }

    private final class Script: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private var answers: [[UInt8]?]
        private var decoder = FrameDecoder()

        init(_ answers: [[UInt8]?]) { self.answers = answers }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var bytes = unwrapInboundIn(data).readableBytesView
            while (try? decoder.next(&bytes)) != nil, !answers.isEmpty {
                if let answer = answers.removeFirst() {
                    context.writeAndFlush(NIOAny(ByteBuffer(bytes: answer)), promise: nil)
                } else {
                    context.close(promise: nil)
                }
            }
        }
    }
}

/// A listener whose queue is full: the kernel drops further connection attempts.
final class FullListener {
    private var sockets: [CInt] = []

    init(_ address: IPAddress, port: UInt16) throws {
        guard case .v4(let word) = address else { throw CodedError("test", "IPv4 only") }
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = word.bigEndian
        try withUnsafePointer(to: &name) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                let length = socklen_t(MemoryLayout<sockaddr_in>.size)
                let server = make()
                guard bind(server, name, length) == 0, listen(server, 0) == 0 else { throw CodedError("test", "no listener") }
                // A queue of length zero holds one connection; the second fills what the kernel grants besides.
                for _ in 0..<4 { _ = connect(make(), name, length) }
            }
        }
    }

    private func make() -> CInt {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        sockets.append(descriptor)
        return descriptor
    }

    func close() {
        for descriptor in sockets { Glibc.close(descriptor) }
        sockets = []
    }

    deinit { close() }
}
