import Basics
import Glibc
import LinuxProcess

/// Small files and folders of the lab's own.
enum FabricFiles {
    /// Creates a folder and those above it.
    static func makeFolder(_ path: String) throws(CodedError) {
        var partial = ""
        for part in path.split(separator: "/") {
            partial += "/\(part)"
            guard mkdir(partial, 0o755) == 0 || errno == EEXIST else {
                throw CodedError("machine.folders", "cannot create \(partial): \(errorText(errno))")
            }
        }
    }

    /// Replaces what is in a file, in place: who has the file mounted elsewhere sees it.
    static func write(_ text: String, to path: String) throws(CodedError) {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw CodedError("machine.folders", "cannot write \(path): \(errorText(errno))") }
        defer { close(file) }
        let bytes = Array(text.utf8)
        // Never empty in between, for those who read it meanwhile.
        guard Glibc.write(file, bytes, bytes.count) == bytes.count, ftruncate(file, bytes.count) == 0 else {
            throw CodedError("machine.folders", "cannot write \(path): \(errorText(errno))")
        }
    }

    /// Writes a kernel setting of the lab's own network namespace; nothing happens where there is none of that name.
    static func set(_ name: String, to value: String) {
        let file = open("/proc/sys/\(name)", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        _ = Glibc.write(file, value, value.utf8.count)
        close(file)
    }
}
