import Basics
import Glibc
import LinuxProcess

/// Files that only their owner may read, replaced whole or not at all.
enum PrivateFile {
    /// The content, or nil if there is no such file.
    ///
    /// - Parameter limit: the most bytes that are read.
    /// - Throws: `state-file`: another kind of file, another owner, open to others, too large, or unreadable.
    static func read(_ path: String, limit: Int) throws(CodedError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw CodedError("state-file", "cannot open \(path): \(errorText(errno))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw CodedError("state-file", "\(path) is not a regular file")
        }
        guard status.st_uid == geteuid() else {
            throw CodedError("state-file", "\(path) belongs to user \(status.st_uid), and this process runs as user \(geteuid())")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw CodedError("state-file", "\(path) is open to other users: chmod 600 \(path)")
        }
        guard status.st_size <= limit else {
            throw CodedError("state-file", "\(path) has \(status.st_size) bytes; at most \(limit) are allowed")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress?.advanced(by: count), $0.count - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw CodedError("state-file", "cannot read \(path): \(errorText(errno))") }
            if got == 0 { break }
            count += got
        }
        return Array(bytes.prefix(count))
    }

    /// Replaces the content (mode 0600). When this returns, it survives a power cut; if it throws, the old content is still there.
    ///
    /// - Throws: `state-file`.
    static func replace(_ path: String, with bytes: [UInt8]) throws(CodedError) {
        let temporary = "\(path).new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw CodedError("state-file", "cannot write \(temporary): \(errorText(errno))") }
        do throws(CodedError) {
            try write(bytes, to: descriptor, temporary)
            guard fsync(descriptor) == 0 else { throw failure(temporary) }
        } catch {
            close(descriptor)
            unlink(temporary)
            throw error
        }
        close(descriptor)
        guard rename(temporary, path) == 0 else { throw failure(path) }
        try syncDirectory(of: path)
    }

    /// Removes a file; one that is not there is as good. When this returns, that survives a power cut.
    ///
    /// - Throws: `state-file`.
    static func remove(_ path: String) throws(CodedError) {
        guard unlink(path) == 0 || errno == ENOENT else {
            throw CodedError("state-file", "cannot remove \(path): \(errorText(errno))")
        }
        try syncDirectory(of: path)
    }

    private static func syncDirectory(of path: String) throws(CodedError) {
        let directory = open(
            String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) + "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw failure(path) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw failure(path) }
    }

    /// Gives a file another name, so that nothing is written over it: `PATH.damaged`, which an earlier one loses it to.
    ///
    /// - Returns: the new path.
    /// - Throws: `state-file`.
    static func setAside(_ path: String) throws(CodedError) -> String {
        let aside = "\(path).damaged"
        guard rename(path, aside) == 0 else { throw failure(aside) }
        return aside
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws(CodedError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(path) }
            rest = rest.dropFirst(count)
        }
    }

    private static func failure(_ path: String) -> CodedError {
        CodedError("state-file", "cannot write \(path): \(errorText(errno))")
    }
}
