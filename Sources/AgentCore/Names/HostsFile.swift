import Basics
import Glibc
import LinuxProcess

/// A hosts file, which others write as well.
struct HostsFile: Sendable {
    /// As it was named; a symbolic link is followed, and stays one.
    let path: String

    /// A file that is larger is not for us to rewrite.
    static let sizeLimit = 16 << 20

    /// - Throws: `hosts-file`: missing, not a regular file, too large, or unreadable.
    func read() throws(CodedError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure("open") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw CodedError("hosts-file", "\(path) is not a regular file")
        }
        guard status.st_size <= Self.sizeLimit else {
            throw CodedError("hosts-file", "\(path) has \(status.st_size) bytes; at most \(Self.sizeLimit) are rewritten")
        }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0, content.count <= Self.sizeLimit else { throw failure("read") }
            if count == 0 { return content }
            content += buffer[..<count]
        }
    }

    /// Gives the file another content: whole, by a new file beside it, where that is possible. Where the file is a mount of its own, or
    /// only the file and not its directory may be written, it is rewritten in place, from the front, with what is too long cut off last:
    /// whoever reads meanwhile finds a file, but may find part of the old and part of the new.
    ///
    /// - Throws: `hosts-file`.
    func write(_ content: [UInt8]) throws(CodedError) {
        guard let resolved = realpath(path, nil) else { throw failure("find") }
        let target = String(cString: resolved)
        free(resolved)
        if replace(target, with: content) { return }
        let descriptor = open(target, O_WRONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure("write") }
        defer { close(descriptor) }
        try Self.write(content, to: descriptor, path)
        guard ftruncate(descriptor, content.count) == 0 else { throw failure("write") }
    }

    /// With the owner and the mode of the old one.
    ///
    /// - Returns: false if this is not possible here, and nothing was changed.
    private func replace(_ target: String, with content: [UInt8]) -> Bool {
        var status = stat()
        guard stat(target, &status) == 0 else { return false }
        let temporary = "\(target).warren-new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return false }
        let isOwned =
            status.st_uid == geteuid() && status.st_gid == getegid() || fchown(descriptor, status.st_uid, status.st_gid) == 0
        let isWritten =
            isOwned && fchmod(descriptor, status.st_mode & 0o7777) == 0
            && (try? Self.write(content, to: descriptor, target)) != nil && fsync(descriptor) == 0
        close(descriptor)
        // EBUSY: the file is a mount of its own.
        guard isWritten, rename(temporary, target) == 0 else {
            unlink(temporary)
            return false
        }
        return true
    }

    private static func write(_ content: [UInt8], to descriptor: Int32, _ path: String) throws(CodedError) {
        var rest = content[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw CodedError("hosts-file", "cannot write \(path): \(errorText(errno))") }
            rest = rest.dropFirst(count)
        }
    }

    private func failure(_ what: String) -> CodedError { CodedError("hosts-file", "cannot \(what) \(path): \(errorText(errno))") }
}
