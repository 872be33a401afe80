import Basics
import Glibc

/// The coordinator's data directory, held exclusively for as long as this object lives.
///
/// `DIR/lock` is locked with flock(2), which the kernel undoes when the process ends, however it ends.
final class DataDirectory: Sendable {
    let path: String
    private let lock: CInt

    /// The database in a data directory.
    static func database(in path: String) -> String { "\(path)/coordinator.db" }

    /// How often the lock is tried, with a pause between two tries: `doctor` has it for an instant.
    static let tries = 20
    private static let pauseMicroseconds: useconds_t = 10_000

    /// Makes the directory (0700) if it is missing, and locks it.
    ///
    /// - Parameter pause: lets time pass between two tries for the lock.
    /// - Throws: `CodedError`: `data-unusable`, or `data-in-use` if another coordinator runs on it.
    init(_ path: String, pause: () -> Void = { usleep(DataDirectory.pauseMicroseconds) }) throws(CodedError) {
        self.path = path
        try Self.makeDirectories(path)
        let file = "\(path)/lock"
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.unusable("cannot open \(file)", errno) }
        if let reason = Self.tryLock(descriptor, pause) {
            let owner = Self.readOwner(descriptor)
            close(descriptor)
            guard reason == EWOULDBLOCK else { throw Self.unusable("cannot lock \(file)", reason) }
            throw CodedError(
                "data-in-use",
                "another coordinator\(owner) runs on the data directory \(path): stop it first, or choose another with --data")
        }
        lock = descriptor
        writeOwner()
    }

    deinit { close(lock) }

    /// Why it could not be locked; nil if it is.
    private static func tryLock(_ descriptor: CInt, _ pause: () -> Void) -> CInt? {
        for attempt in 1...tries {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return nil }
            let reason = errno
            if reason != EWOULDBLOCK || attempt == tries { return reason }
            pause()
        }
        return EWOULDBLOCK
    }

    /// Makes sure that a file exists and that only its owner can read it, before anything secret gets into it.
    ///
    /// - Throws: `CodedError` with code `data-unusable`.
    static func makePrivateFile(_ path: String) throws(CodedError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw unusable("cannot open \(path)", errno) }
        defer { close(descriptor) }
        guard fchmod(descriptor, 0o600) == 0 else { throw unusable("cannot make \(path) private", errno) }
    }

    /// Parents get the mode 0755, the directory itself 0700. One that exists keeps its mode.
    private static func makeDirectories(_ path: String) throws(CodedError) {
        var current = path.hasPrefix("/") ? "/" : ""
        let parts = path.split(separator: "/")
        for (index, part) in parts.enumerated() {
            current += index == 0 ? "\(part)" : "/\(part)"
            let mode: mode_t = index == parts.count - 1 ? 0o700 : 0o755
            guard mkdir(current, mode) == 0 || errno == EEXIST || isDirectory(current) else {
                throw unusable("cannot make the directory \(current)", errno)
            }
        }
        guard isDirectory(path) else { throw CodedError("data-unusable", "the data directory \(path) is not a directory") }
    }

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private static func unusable(_ what: String, _ number: CInt) -> CodedError {
        CodedError("data-unusable", "\(what): \(String(cString: strerror(number)))")
    }

    /// The process that holds the lock, for the error message alone.
    private static func readOwner(_ descriptor: CInt) -> String {
        var bytes = [UInt8](repeating: 0, count: 20)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        let digits = String(decoding: bytes.prefix(max(0, count)).prefix { (48...57).contains($0) }, as: UTF8.self)
        return digits.isEmpty ? "" : " (process \(digits))"
    }

    private func writeOwner() {
        let text = Array("\(getpid())\n".utf8)
        _ = ftruncate(lock, 0)
        _ = pwrite(lock, text, text.count, 0)
    }
}
