import Glibc

/// What `warren-fleet join` found.
struct JoinReport: Encodable {
    var machines: Int
    /// From the first registration to the first line of the last machine's stream.
    var joinSeconds = 0.0
    var joinsPerSecond = 0.0
    var joinProcessorSeconds: Double?
    /// Of all streams together, while they joined.
    var joinStreamBytes = 0
    var longestSnapshotBytes = 0
    /// The coordinator's resident memory before the first machine.
    var idleKilobytes: Int?
    var restKilobytes: Int?
    var kilobytesPerMachine: Double?
    var heartbeatsPerSecond = 0.0
    /// Of one processor.
    var restProcessorShare: Double?
    /// From the request that makes a change to the line at a machine, all machines and changes.
    var changeMilliseconds: Spread?
    /// The same for the last machine of each change.
    var lastMachineMilliseconds: Spread?
    var arrivalsMissing = 0
    var streamsEnded = 0
    var heartbeatFailures = 0

    init(machines: Int) { self.machines = machines }
}

/// How measured values are distributed.
struct Spread: Encodable {
    var median: Double
    var p99: Double
    var max: Double

    /// Nil without values.
    init?(_ values: [Double]) {
        guard let last = values.max() else { return nil }
        let sorted = values.sorted()
        median = sorted[sorted.count / 2]
        p99 = sorted[min(sorted.count - 1, sorted.count * 99 / 100)]
        max = last
    }
}

/// What a process has used, from /proc.
struct ProcessUsage {
    let kilobytes: Int
    let processorSeconds: Double

    /// Nil if there is no such process.
    init?(_ pid: Int32) {
        guard let status = Self.read("/proc/\(pid)/status"), let stat = Self.read("/proc/\(pid)/stat"),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
            let size = Int(line.filter(\.isNumber)), let name = stat.lastIndex(of: ")")
        else { return nil }
        // Behind the name: state is field 3, utime 14 and stime 15 (proc(5)).
        let fields = stat[stat.index(after: name)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
        kilobytes = size
        processorSeconds = (user + system) / Double(sysconf(CInt(_SC_CLK_TCK)))
    }

    private static func read(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 16 << 10)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
