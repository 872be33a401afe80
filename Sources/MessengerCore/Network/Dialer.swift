import Basics
import Glibc
import MeshModel
import MessengerLogic
import NIOCore
import NIOPosix
import Synchronization

/// Opens outbound connections.
enum Dialer {
    /// Connects from one's own mesh address, in no more time than the limit.
    static func connect(
        from own: IPAddress, to peer: IPAddress, port: UInt16, within limit: Duration, on group: any EventLoopGroup
    ) async -> Result<FrameConnection, ConnectFailure> {
        let opening = Mutex<(any Channel)?>(nil)
        do {
            let bootstrap = ClientBootstrap(group: group)
                .channelOption(.bindAddressNoPort, value: 1)
                .channelOption(.autoRead, value: false)
                .connectTimeout(.nanoseconds(max(limit.wholeNanoseconds, 1)))
                .bind(to: try SocketAddress(own, port: 0))
            let target = try SocketAddress(peer, port: Int(port))
            return try await withTaskCancellationHandler {
                let connection = try await bootstrap.connect(to: target) { channel in
                    opening.withLock { $0 = channel }
                    return channel.eventLoop.makeCompletedFuture { try FrameConnection.attach(to: channel) }
                }
                return .success(connection)
            } onCancel: {
                opening.withLock { $0 }?.close(promise: nil)
            }
        } catch {
            return .failure(failure(error))
        }
    }

    /// What the system's error means.
    static func failure(_ error: any Error) -> ConnectFailure {
        if case ChannelError.connectTimeout = error { return .timedOut }
        guard let system = error as? IOError else { return .other("\(error)") }
        let words = String(cString: strerror(system.errnoCode))
        switch system.errnoCode {
        case ECONNREFUSED: return .refused
        // WireGuard in the kernel says ENOKEY for an address that no peer has, and EDESTADDRREQ for a peer without endpoint.
        case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN, ENOKEY, EDESTADDRREQ: return .unreachable(words)
        case EADDRNOTAVAIL: return .noOwnAddress
        case ETIMEDOUT: return .timedOut
        default: return .other(words)
        }
    }
}
