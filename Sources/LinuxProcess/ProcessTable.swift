import Basics
import FoundationEssentials
import Glibc

/// All processes of a PID namespace at one moment, from its process file system.
public struct ProcessTable: Sendable {
    /// What proc(5) says of a process.
    public struct Entry: Sendable, Hashable {
        public let parent: Int32
        /// `R`, `S`, `D`, `T` (stopped), `Z` (ended, not yet reaped), …
        public let state: Character
        /// User and system time that it has used, in seconds.
        public let cpuSeconds: Double
        /// Bytes of memory that it holds (resident set size).
        public let residentBytes: Int
    }

    public let entries: [Int32: Entry]
    private let children: [Int32: [Int32]]
    private let root: String

    /// - Parameter root: where the process file system is mounted.
    /// - Throws: `process.table` if it cannot be read.
    public static func read(under root: String = "/proc") throws(CodedError) -> ProcessTable {
        guard let folder = opendir(root) else { throw CodedError("process.table", "cannot read \(root): \(errorText(errno))") }
        defer { closedir(folder) }
        var entries: [Int32: Entry] = [:]
        while let item = readdir(folder) {
            let name = withUnsafeBytes(of: item.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            // A process may end while the table is read: then it is not in it.
            if let pid = Int32(name), let entry = entry(pid, root) { entries[pid] = entry }
        }
        return ProcessTable(entries: entries, root: root)
    }

    private init(entries: [Int32: Entry], root: String) {
        self.entries = entries
        self.root = root
        var children: [Int32: [Int32]] = [:]
        for (child, entry) in entries { children[entry.parent, default: []].append(child) }
        self.children = children
    }

    /// A process and all its descendants, if it exists.
    public func tree(of pid: Int32) -> [Int32] {
        guard entries[pid] != nil else { return [] }
        var found = [pid]
        var next = 0
        while next < found.count {
            found += children[found[next]] ?? []
            next += 1
        }
        return found
    }

    /// How many file descriptors a process has open; nil if it has ended or is not ours to look at.
    public func descriptorCount(of pid: Int32) -> Int? {
        (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(pid)/fd"))?.count
    }

    private static let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
    private static let pageSize = sysconf(Int32(_SC_PAGESIZE))

    private static func entry(_ pid: Int32, _ root: String) -> Entry? {
        guard let file = fopen("\(root)/\(pid)/stat", "re") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 2_048)
        guard fgets(&line, Int32(line.count), file) != nil else { return nil }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // The command in parentheses may hold anything; the fields come after its last parenthesis, the state (3) first.
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(whereSeparator: \.isWhitespace)
        guard fields.count > 21, let state = fields[0].first, let parent = Int32(fields[1]), let user = Double(fields[11]),
            let system = Double(fields[12]), let pages = Int(fields[21])
        else { return nil }
        return Entry(
            parent: parent, state: state, cpuSeconds: (user + system) / ticksPerSecond, residentBytes: pages * Int(pageSize))
    }
}
