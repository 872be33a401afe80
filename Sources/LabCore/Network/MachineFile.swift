import Basics
import Glibc
import LinuxProcess

/// Writes files into a machine, as scenarios ask for.
enum MachineFile {
    /// - Parameters:
    ///   - path: absolute, below `/run`.
    ///   - root: the machine's root folder, seen from the lab.
    static func write(_ text: String, to path: String, in root: String) throws(CodedError) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        guard path.hasPrefix("/run/"), !parts.contains(".."), parts.count > 1 else {
            throw CodedError("machine.file", "\(path) is not below /run, which is all of the file system that a machine owns")
        }
        var folder = root.hasSuffix("/") ? String(root.dropLast()) : root
        for part in parts.dropLast() {
            folder += "/\(part)"
            guard mkdir(folder, 0o755) == 0 || errno == EEXIST else {
                throw CodedError("machine.file", "cannot create \(folder): \(errorText(errno))")
            }
        }
        let file = open(
            "\(folder)/\(parts[parts.count - 1])", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
        guard file >= 0 else { throw CodedError("machine.file", "cannot write \(path): \(errorText(errno))") }
        defer { close(file) }
        let bytes = Array(text.utf8)
        guard Glibc.write(file, bytes, bytes.count) == bytes.count else {
            throw CodedError("machine.file", "cannot write \(path): \(errorText(errno))")
        }
    }
}
