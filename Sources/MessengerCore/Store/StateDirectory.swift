import Basics
import FoundationEssentials
import Glibc

/// A directory that one process at a time may use. The kernel gives the lock back when the process ends, however it ends.
final class StateDirectory: Sendable {
    let path: String
    private let lock: CInt

    /// Makes the directory (0700) if it is missing, and locks it.
    ///
    /// - Throws: `CodedError` with code `state-directory`, or `already-running` if another process holds it.
    init(_ path: String) throws(CodedError) {
        try Self.make(path)
        let file = "\(path)/messenger.lock"
        lock = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        self.path = path
        guard lock >= 0 else { throw CodedError("state-directory", "\(file): \(String(cString: strerror(errno)))") }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            throw CodedError("already-running", "another messenger uses \(path): stop it, or give this one another --state")
        }
    }

    deinit {
        if lock >= 0 { close(lock) }
    }

    /// Makes a directory and those above it, with mode 0700, unless they are there.
    ///
    /// - Throws: `CodedError` with code `state-directory`.
    static func make(_ path: String) throws(CodedError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CodedError("state-directory", "the directory \(path) cannot be made", cause: error)
        }
    }
}
