import Basics
import Glibc
import LinuxProcess

/// Reads files, up to a bound.
enum FileBytes {
    /// The file's bytes. Of a file longer than the limit, the first and the last half of it, cut at line ends, and how many
    /// bytes lie between them.
    ///
    /// - Throws: `evidence.unreadable` if it is no regular file or cannot be read.
    static func read(_ path: String, limit: Int) throws(CodedError) -> (bytes: [UInt8], omitted: Int) {
        // Not to wait on a pipe that somebody put there.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw CodedError("evidence.unreadable", "cannot read \(path): \(errorText(errno))") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw CodedError("evidence.unreadable", "\(path) is no regular file")
        }
        let size = Int(status.st_size)
        if size <= limit { return (try bytes(descriptor, from: 0, count: size, path: path), 0) }
        let half = limit / 2
        var head = try bytes(descriptor, from: 0, count: half, path: path)
        var tail = try bytes(descriptor, from: size - half, count: half, path: path)
        if let end = head.lastIndex(of: 0x0A) { head.removeLast(head.count - end - 1) }
        if let begin = tail.firstIndex(of: 0x0A) { tail.removeFirst(begin + 1) }
        return (head + tail, size - head.count - tail.count)
    }

    private static func bytes(_ descriptor: Int32, from offset: Int, count: Int, path: String) throws(CodedError) -> [UInt8] {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, off_t(offset + filled))
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = errno }
                if got <= 0 { return }
                filled += got
            }
        }
        guard failure == 0 else { throw CodedError("evidence.unreadable", "cannot read \(path): \(errorText(failure))") }
        return bytes
    }
}
