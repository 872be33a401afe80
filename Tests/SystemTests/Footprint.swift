import Basics
import Glibc
import LinuxProcess

/// What a process and its descendants hold of the machine: processes, network namespaces, and what is mounted or linked outside.
struct Footprint {
    var processes: Set<Int32> = []
    var networkNamespaces: Set<String> = []

    /// Everything below a process, without it.
    init(below root: Int32) {
        let outside = Self.namespace(of: getpid())
        var parents: [Int32: [Int32]] = [:]
        for pid in Self.allProcesses() { parents[Self.parent(of: pid) ?? 0, default: []].append(pid) }
        var queue = parents[root] ?? []
        while let pid = queue.popLast() {
            processes.insert(pid)
            if let namespace = Self.namespace(of: pid), namespace != outside { networkNamespaces.insert(namespace) }
            queue += parents[pid] ?? []
        }
    }

    /// Those of the processes that still exist, and any process at all that lives in one of the namespaces. A process that has ended
    /// and that its new parent, this system's init, has not yet taken note of holds nothing any longer: it does not count.
    func remains() -> [String] {
        let all = Self.allProcesses().filter { Self.fields(of: $0)?.first != "Z" }
        let alive = all.filter(processes.contains).map { "process \($0)" }
        let inside = all.filter { Self.namespace(of: $0).map(networkNamespaces.contains) ?? false }.map {
            "process \($0) in a namespace"
        }
        return alive + inside
    }

    /// The mounts and links of the namespace that this test runs in.
    static func surroundings() throws -> Set<String> {
        var found: Set<String> = []
        for path in ["/proc/self/mountinfo", "/proc/net/dev"] {
            guard let file = fopen(path, "r") else { throw CodedError("test", "cannot read \(path)") }
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 4_096)
            while fgets(&line, Int32(line.count), file) != nil {
                let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                // Of a link only its name: its counters grow.
                found.insert(path.hasSuffix("dev") ? String(text.prefix { $0 != ":" }) : text)
            }
        }
        return found
    }

    private static func allProcesses() -> [Int32] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var found: [Int32] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if let pid = Int32(name) { found.append(pid) }
        }
        return found
    }

    private static func parent(of pid: Int32) -> Int32? {
        fields(of: pid).flatMap { $0.count > 1 ? Int32($0[1]) : nil }
    }

    /// State, parent and what follows (proc(5)); nil if there is no such process.
    private static func fields(of pid: Int32) -> [String]? {
        guard let file = fopen("/proc/\(pid)/stat", "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 4_096)
        guard fgets(&line, Int32(line.count), file) != nil else { return nil }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // The command in parentheses may hold anything; state and parent come after its last parenthesis.
        return text.split(separator: ")").last?.split(separator: " ").map(String.init)
    }

    private static func namespace(of pid: Int32) -> String? {
        var buffer = [CChar](repeating: 0, count: 64)
        let length = readlink("/proc/\(pid)/ns/net", &buffer, 63)
        return length > 0 ? String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }
}
