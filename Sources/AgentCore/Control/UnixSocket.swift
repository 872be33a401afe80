import Glibc
import LinuxProcess

/// Unix sockets by their paths.
public enum UnixSocket {
    /// Why nobody can be reached on the socket, in the system's words; nil if somebody listens.
    public static func complaint(about path: String) -> String? {
        switch connect(to: path) {
        case .success(let descriptor):
            close(descriptor)
            return nil
        // EAGAIN: somebody listens, and is too busy to take one more connection.
        case .failure(let refusal): return refusal.number == EAGAIN ? nil : errorText(refusal.number)
        }
    }

    /// The process that listens on the socket, as this process sees it; nil if nobody does, or it is out of sight (SO_PEERCRED, unix(7)).
    public static func process(behind path: String) -> Int32? {
        guard case .success(let descriptor) = connect(to: path) else { return nil }
        defer { close(descriptor) }
        // struct ucred: process, user, group.
        var credentials: [Int32] = [0, 0, 0]
        var length = socklen_t(MemoryLayout<Int32>.stride * credentials.count)
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0, credentials[0] > 0 else { return nil }
        return credentials[0]
    }

    private struct Refusal: Error {
        let number: Int32
    }

    private static func connect(to path: String) -> Result<Int32, Refusal> {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
            return .failure(Refusal(number: ENAMETOOLONG))
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { return .failure(Refusal(number: errno)) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            let reason = errno
            close(descriptor)
            return .failure(Refusal(number: reason))
        }
        return .success(descriptor)
    }
}
