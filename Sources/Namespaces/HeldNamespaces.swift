import Basics
import Glibc

/// The namespaces of an isolated program, held open: the kernel gives the number of one that is gone to the next that anybody makes.
///
/// Holding them keeps no process and no link between namespaces, but a network namespace and its own links: let go of them soon.
public final class HeldNamespaces: Sendable {
    /// By the names in `/proc/PID/ns`.
    private let descriptors: [String: Int32]

    /// Owns the descriptors; -1 stands for none.
    init(_ descriptors: [String: Int32]) { self.descriptors = descriptors.filter { $0.value >= 0 } }

    /// The processes that are in one of the namespaces. None that this user may not look at.
    ///
    /// - Throws: `process.table` if the process file system cannot be read.
    public func members() throws(CodedError) -> [String] {
        guard let folder = opendir("/proc") else {
            throw CodedError("process.table", "cannot read /proc: \(String(cString: strerror(errno)))")
        }
        defer { closedir(folder) }
        let numbers = descriptors.sorted { $0.key > $1.key }.compactMap { kind, descriptor in
            var status = stat()
            return fstat(descriptor, &status) == 0 ? (kind: kind, number: status.st_ino) : nil
        }
        var found: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            guard let pid = Int32(name) else { continue }
            let held = numbers.first { kind, number in
                var status = stat()
                return stat("/proc/\(pid)/ns/\(kind)", &status) == 0 && status.st_ino == number
            }
            if let held { found.append("process \(pid) in the run's \(held.kind) namespace") }
        }
        return found
    }

    deinit { for descriptor in descriptors.values { close(descriptor) } }
}
