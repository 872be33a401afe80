import ArgumentParser
import Basics
import Fabric
import FoundationEssentials
import Glibc
import LinuxProcess
import Namespaces
import NetworkModel
import Timing

/// What `Benchmarks/star` measures: a star of machines up and down. Not for people.
struct BenchStar: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-star", abstract: "Time a star of machines.", shouldDisplay: false)

    @Argument var machines: Int
    /// Inside the private namespaces.
    @Flag(help: .hidden) var inside = false

    /// What is printed, as JSON. Seconds, and kilobytes for each machine.
    private struct Figures: Encodable {
        var machines: Int
        var up: Double
        var down: Double
        var pingAcross: Bool
        var memoryPerMachine: Int
        var initPSS: Int
        var idleProcessorShare: Double
    }

    func run() async throws {
        guard inside else { return try isolate() }
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let names = (0..<machines).map { "machine\($0)" }
        let figures: Figures
        do { figures = try await Self.measure(names) } catch { throw Failure.report(error, 3) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        print(String(decoding: try encoder.encode(figures), as: UTF8.self))
    }

    private func isolate() throws {
        let status = try Failure.orExit(3) { () throws(CodedError) in
            try Isolation.run(
                executable: ProgramFolder.own, arguments: ["bench-star", "\(machines)", "--inside"],
                environment: currentEnvironment(), mounts: [.proc, .tmpfs(at: "/run", size: "50%")]
            ).status
        }
        guard status.isSuccess else { throw ExitCode(3) }
    }

    private static func measure(_ names: [String]) async throws -> Figures {
        let free = availableMemory()
        let start = MonotonicTime.now
        let fabric = try await Fabric.build(Topology(), names.map { Attachment(machine: $0) })
        try fabric.boot(names)
        let up = MonotonicTime.now - start
        let used = free - availableMemory()
        let across = try await ping(fabric, from: names[0], to: names[names.count - 1])
        let pss = try names.prefix(20).map { try proportionalSet(of: fabric.machine($0).running().namespaces.initProcess.pid) }
        let busy = busyTicks(fabric)
        try await Task.sleep(for: .seconds(2))
        let idle = Double(busyTicks(fabric) - busy) / Double(2 * sysconf(Int32(_SC_CLK_TCK)))
        let beforeDown = MonotonicTime.now
        try await fabric.powerOff(names)
        let down = MonotonicTime.now - beforeDown
        return Figures(
            machines: names.count, up: up.inSeconds, down: down.inSeconds, pingAcross: across,
            memoryPerMachine: used / names.count, initPSS: pss.reduce(0, +) / max(1, pss.count), idleProcessorShare: idle)
    }

    private static func ping(_ fabric: Fabric, from: String, to: String) async throws -> Bool {
        guard let program = findExecutable("ping"), let address = try fabric.machine(to).addresses.first else { return false }
        let process = try ChildProcess.spawn(
            ProcessSpec(
                executable: program, arguments: ["-c", "1", "-W", "2", "\(address)"],
                namespacesOf: try fabric.machine(from).running().namespaces.entry))
        return await process.wait(within: .seconds(5))?.isSuccess == true
    }

    /// `MemAvailable`, kilobytes.
    private static func availableMemory() -> Int { number(after: "MemAvailable:", in: "/proc/meminfo") }

    /// A process's share of memory, kilobytes.
    private static func proportionalSet(of pid: Int32) -> Int { number(after: "Pss:", in: "/proc/\(pid)/smaps_rollup") }

    private static func number(after word: String, in path: String) -> Int {
        let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix(word) }
        return line.flatMap { Int($0.split(separator: " ").dropFirst().first ?? "") } ?? 0
    }

    /// What this process and the machines' first processes did, in clock ticks.
    private static func busyTicks(_ fabric: Fabric) -> Int {
        let processes = fabric.machines.compactMap { $0.namespaces?.initProcess.pid } + [getpid()]
        return processes.reduce(0) { sum, pid in
            let text = FileManager.default.contents(atPath: "/proc/\(pid)/stat").map { String(decoding: $0, as: UTF8.self) } ?? ""
            // After the name in parentheses come the fields from the third on; times are the 14th and the 15th.
            let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
            return fields.count > 12 ? sum + (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0) : sum
        }
    }
}
