import Basics
import Glibc

/// The Unix socket of the admin API.
public enum AdminSocket {
    /// The longest path that a Unix socket can have, in bytes.
    static let lengthLimit = 107

    /// Removes the socket that a coordinator left behind when it was killed. The data directory's lock must be held.
    ///
    /// - Returns: the socket's path.
    /// - Throws: `CodedError`: `socket-path-too-long`, or `data-unusable` if something else is in its place.
    static func prepare(in data: String) throws(CodedError) -> String {
        let path = AdminPath.socket(in: data)
        guard path.utf8.count <= lengthLimit else {
            throw CodedError(
                "socket-path-too-long",
                "the path of the admin socket, \(path), is longer than the \(lengthLimit) bytes that the kernel allows: choose a shorter --data"
            )
        }
        var status = stat()
        guard lstat(path, &status) == 0 else { return path }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw CodedError("data-unusable", "\(path) exists and is no socket: remove it")
        }
        guard unlink(path) == 0 else {
            throw CodedError("data-unusable", "cannot remove the old socket \(path): \(String(cString: strerror(errno)))")
        }
        return path
    }

    /// Only the owner may open it. The error says what is wrong; nil if all is well.
    static func makePrivate(_ path: String) -> CodedError? {
        guard chmod(path, 0o600) != 0 else { return nil }
        return CodedError("data-unusable", "cannot make \(path) private: \(String(cString: strerror(errno)))")
    }

    static func remove(_ path: String) { unlink(path) }

    /// Whether a coordinator listens on the socket of this data directory.
    public static func isAnswering(in data: String) -> Bool {
        let path = AdminPath.socket(in: data)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }
}
