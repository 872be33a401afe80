import Basics
import Glibc
import LinuxProcess
import Synchronization

/// A file that a process prints to and this one reads.
///
/// A file, because a pipe would kill the process with SIGPIPE if it printed after the reader's end.
final class ProcessLog: Sendable {
    private let path: String
    private let position = Mutex<Int>(0)

    /// The most that is read at once and kept in the file, in bytes.
    private static let sizeLimit = 65_536
    /// The most lines that are answered at once, and the longest line in bytes.
    private static let lineLimit = 20
    private static let lineLength = 400

    init(path: String) { self.path = path }

    /// Opens the file for the process to append to; the caller closes it.
    ///
    /// - Throws: `wireguard.log`.
    func openForWriting() throws(CodedError) -> Int32 {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw CodedError("wireguard.log", "cannot write \(path): \(errorText(errno))") }
        position.withLock { $0 = 0 }
        return descriptor
    }

    /// Passes over what an earlier run has read.
    func skipToEnd() {
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        position.withLock { $0 = Int(status.st_size) }
    }

    /// Whole lines that have come since the last call. What is too much is passed over, with a line that says so.
    func newLines() -> [String] {
        position.withLock { position in
            let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
            guard descriptor >= 0 else { return [] }
            defer { close(descriptor) }
            var buffer = [UInt8](repeating: 0, count: Self.sizeLimit)
            let count = pread(descriptor, &buffer, buffer.count, off_t(position))
            guard count > 0 else { return [] }
            let isFull = count == buffer.count
            guard let end = isFull ? count - 1 : buffer[..<count].lastIndex(of: UInt8(ascii: "\n")) else { return [] }
            position += end + 1
            if position >= Self.sizeLimit, ftruncate(descriptor, 0) == 0 { position = 0 }
            return Self.shorten(buffer[..<end].split(separator: UInt8(ascii: "\n")))
        }
    }

    private static func shorten(_ lines: [ArraySlice<UInt8>]) -> [String] {
        let kept = lines.prefix(lineLimit).map { String(decoding: $0.prefix(lineLength), as: UTF8.self) }
        return lines.count > lineLimit ? kept + ["and \(lines.count - lineLimit) more lines"] : kept
    }
}
