import Basics
import Glibc

/// Files that are there whole or not at all, and survive a power cut.
enum DurableFile {
    /// Makes a file that is not there yet.
    ///
    /// - Throws: `CodedError` with code `data-unusable`; then nothing is left behind, and whatever stood there stands.
    static func create(_ path: String, _ text: String, mode: mode_t) throws(CodedError) {
        let temporary = "\(path).new"
        // One that a power cut has left behind.
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw failure(temporary) }
        defer { unlink(temporary) }
        do throws(CodedError) {
            try write(Array(text.utf8), to: descriptor, temporary)
            guard fchmod(descriptor, mode) == 0, fsync(descriptor) == 0 else { throw failure(temporary) }
        } catch {
            close(descriptor)
            throw error
        }
        close(descriptor)
        // Unlike rename(2), link(2) does not replace.
        guard link(temporary, path) == 0 else { throw failure(path) }
        try syncFolder(of: path)
    }

    private static func write(_ bytes: [UInt8], to descriptor: CInt, _ path: String) throws(CodedError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(path) }
            rest = rest.dropFirst(count)
        }
    }

    private static func syncFolder(of path: String) throws(CodedError) {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(folder) }
    }

    private static func failure(_ path: String) -> CodedError {
        CodedError("data-unusable", "cannot write \(path): \(String(cString: strerror(errno)))")
    }
}
