import Glibc
import NIOCore
import NIOPosix

/// Finds out at once whether anybody listens on a Unix socket.
///
/// An HTTP client that may retry would find out no sooner than at its deadline.
public enum SocketProbe {
    /// Nil if somebody listens; otherwise why not, in the system's words.
    ///
    /// - Parameter path: path of the socket.
    public static func complaint(about path: String) async -> String? {
        do {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(1))
                .connect(unixDomainSocketPath: path).get()
            channel.close(promise: nil)
            return nil
        } catch let error as IOError {
            // Somebody listens, and is too busy to take one more connection.
            if error.errnoCode == EAGAIN { return nil }
            return String(cString: strerror(error.errnoCode))
        } catch {
            return "\(error)"
        }
    }
}
