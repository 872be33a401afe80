import Basics
import Glibc

/// The namespaces of an isolated program, by the inode numbers that `/proc/PID/ns` shows; 0: could not be read.
public struct NamespaceIDs: Sendable, Hashable {
    public var process: UInt
    public var network: UInt
    public var mount: UInt

    public init(process: UInt, network: UInt, mount: UInt) {
        self.process = process
        self.network = network
        self.mount = mount
    }

    /// The processes that are in one of the namespaces, and how they hold it. None that this user may not look at.
    ///
    /// - Throws: `process.table` if the process file system cannot be read.
    public func members() throws(CodedError) -> [String] {
        guard let folder = opendir("/proc") else {
            throw CodedError("process.table", "cannot read /proc: \(String(cString: strerror(errno)))")
        }
        defer { closedir(folder) }
        var found: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            guard let pid = Int32(name) else { continue }
            let held = [("pid", process), ("net", network), ("mnt", mount)].filter { kind, id in
                var status = stat()
                return id != 0 && stat("/proc/\(pid)/ns/\(kind)", &status) == 0 && UInt(status.st_ino) == id
            }
            if let first = held.first { found.append("process \(pid) in the run's \(first.0) namespace") }
        }
        return found
    }
}
