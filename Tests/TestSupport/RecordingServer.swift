import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import ServerIdentity

/// A TLS server on loopback that keeps what it is told.
public final class RecordingServer: Sendable {
    private struct State {
        var context: NIOSSLContext
        var text = ""
        var connections = 0
    }

    private let state: Mutex<State>
    private let channel = Mutex<(any Channel)?>(nil)

    /// What came through TLS, of all connections.
    public var text: String { state.withLock { $0.text } }
    public var connections: Int { state.withLock { $0.connections } }
    public var port: Int { channel.withLock { $0?.localAddress?.port ?? 0 } }
    public var url: String { "https://127.0.0.1:\(port)" }

    public init(_ certificate: ServerCertificate) async throws {
        state = Mutex(State(context: try NIOSSLContext(configuration: certificate.serverConfiguration)))
        let bound = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { [weak self] channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let self else { throw ChannelError.eof }
                    let context = self.state.withLock { state in
                        state.connections += 1
                        return state.context
                    }
                    try channel.pipeline.syncOperations.addHandlers(NIOSSLServerHandler(context: context), Ear(server: self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        channel.withLock { $0 = bound }
    }

    /// Shows another certificate from now on.
    public func show(_ certificate: ServerCertificate) throws {
        let context = try NIOSSLContext(configuration: certificate.serverConfiguration)
        state.withLock { $0.context = context }
    }

    public func stop() async { try? await channel.withLock { $0 }?.close().get() }

    /// Hears everything, and answers every piece as if it were a whole request.
    private final class Ear: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        let server: RecordingServer

        init(server: RecordingServer) { self.server = server }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let text = String(buffer: unwrapInboundIn(data))
            server.state.withLock { $0.text += text }
            let answer = "HTTP/1.1 503 Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

/// A key with certificates of its own.
public struct CertifiedKey {
    public let key = ServerCertificate.makeKey()

    public init() {}

    public func certificate() throws -> ServerCertificate {
        let text = try ServerCertificate.makeCertificate(for: key, keyName: "key")
        return try ServerCertificate(certificatePEM: text, keyPEM: key, names: (certificate: "certificate", key: "key"))
    }
}
