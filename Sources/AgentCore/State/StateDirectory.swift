import Basics
import Glibc
import LinuxProcess

/// The agent's state directory, held by one process at a time: flock(2), which the kernel undoes however the process ends.
final class StateDirectory: Sendable {
    /// Absolute path.
    let path: String
    private let lock: Int32

    /// Makes the directory (0700) if it is missing, and locks it.
    ///
    /// - Throws: `state-directory`, or `already-running` if another agent holds it.
    init(_ path: String) throws(CodedError) {
        try Self.make(path)
        self.path = path
        let file = "\(path)/lock"
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw CodedError("state-directory", "cannot open \(file): \(errorText(errno))") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            close(descriptor)
            guard reason == EWOULDBLOCK else { throw CodedError("state-directory", "cannot lock \(file): \(errorText(reason))") }
            throw CodedError(
                "already-running", "another warren-agent runs on \(path): stop it first, or give this one another --state")
        }
        lock = descriptor
    }

    deinit { close(lock) }

    /// Makes a directory (0700) and those above it (0755); one that exists stays as it is.
    ///
    /// - Throws: `state-directory`.
    static func make(_ path: String) throws(CodedError) {
        var current = path.hasPrefix("/") ? "/" : ""
        let parts = path.split(separator: "/")
        for (index, part) in parts.enumerated() {
            current += index == 0 ? "\(part)" : "/\(part)"
            let isLast = index == parts.count - 1
            guard mkdir(current, isLast ? 0o700 : 0o755) == 0 || errno == EEXIST || isDirectory(current) else {
                throw CodedError("state-directory", "cannot make the directory \(current): \(errorText(errno))")
            }
        }
        guard isDirectory(path) else { throw CodedError("state-directory", "\(path) is not a directory") }
    }

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
