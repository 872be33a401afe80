import Logging
import MeshModel
import MessengerLogic
import NIOCore
import NIOPosix
import Observability

/// Listens on one mesh address, and on no other.
struct MessageListener: Sendable {
    private let server: NIOAsyncChannel<FrameConnection, Never>
    private let connections: OpenConnections

    /// How much of what was received, and not read yet, the system holds for a connection: 128 KiB (Linux doubles it).
    private static let receiveBuffer: ChannelOptions.Types.SocketOption.Value = 128 << 10

    /// Binds. Followed by one call of `serve`.
    ///
    /// - Parameter port: 0 lets the system choose.
    static func bind(
        _ address: IPAddress, port: UInt16, connections: OpenConnections, state: MessengerState, logger: Logger,
        on group: any EventLoopGroup
    ) async throws -> MessageListener {
        let server = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.socketOption(.so_rcvbuf), value: receiveBuffer)
            .serverChannelOption(.freeBind(address), value: 1)
            .childChannelOption(.autoRead, value: false)
            .bind(to: try SocketAddress(address, port: Int(port))) { channel in
                channel.eventLoop.makeCompletedFuture {
                    do {
                        return try admit(channel, to: connections, state: state, logger: logger)
                    } catch {
                        // Nobody else does it.
                        channel.close(promise: nil)
                        throw error
                    }
                }
            }
        return MessageListener(server: server, connections: connections)
    }

    private static func admit(
        _ channel: any Channel, to connections: OpenConnections, state: MessengerState, logger: Logger
    ) throws -> FrameConnection {
        guard let peer = channel.remoteAddress?.meshAddress else { throw ConnectionEnd.closed }
        do throws(ConnectionBudget.Refusal) {
            try connections.take(channel, from: peer)
        } catch {
            state.count(\.refused)
            logger.event(
                "connection-refused", "Too many connections are open", ["address": "\(peer)", "reason": "\(error.rawValue)"],
                level: .warning)
            throw error
        }
        return try FrameConnection.attach(to: channel)
    }

    /// The port that it is bound to.
    var port: Int { server.channel.localAddress?.port ?? 0 }

    /// Hands each connection to the handler and closes it afterwards, until the task is cancelled or the socket fails.
    func serve(_ handle: @escaping @Sendable (FrameConnection, IPAddress) async -> Void) async throws {
        // Connections that were accepted and never reached the handler belong to nobody else.
        defer { connections.closeAll() }
        try await server.executeThenClose { inbound in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in inbound {
                    group.addTask {
                        if let peer = connection.channel.remoteAddress?.meshAddress { await handle(connection, peer) }
                        connection.close()
                    }
                }
                group.cancelAll()
            }
        }
    }
}
