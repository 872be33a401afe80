import ArgumentParser
import Basics
import CommandSupport
import ControlProtocol
import MeshModel
import Timing

/// `warren-fleet join`
struct Join: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Machines join, stay, and tell how long changes take to reach them all.",
        discussion: """
            Each machine registers, opens its stream and sends heartbeats as often as it is told. Then the mesh rests, and then one \
            machine after the other gets another endpoint. Prints one JSON object.
            """)

    @OptionGroup var options: FleetOptions

    @Option(help: "How many machines.")
    var machines = 1_000

    @Option(help: "How many machines join at the same time.")
    var atOnce = 32

    @Option(help: "How many connections the requests of all machines share; as many as machines: one each.")
    var connections = 256

    @Option(help: "How many changes to measure.")
    var changes = 20

    @Option(help: "Seconds of rest to measure.")
    var rest = 20

    @Option(help: ArgumentHelp("Process id of the coordinator, for its memory and processor time.", valueName: "PID"))
    var pid: Int32?

    func validate() throws {
        guard machines > 1, atOnce > 0, connections > 0, (0...1_000).contains(changes), rest >= 0 else {
            throw ValidationError("--machines: at least 2; --at-once and --connections: at least 1; --changes: at most 1000")
        }
    }

    func run() async throws {
        let fleet = Fleet(options, connections: connections)
        var report = JoinReport(machines: machines)
        let before = pid.flatMap(ProcessUsage.init)
        let start = MonotonicTime.now
        let registrations = try await joinAll(fleet)
        report.joinSeconds = (MonotonicTime.now - start).inSeconds
        report.joinsPerSecond = Double(machines) / report.joinSeconds
        Self.note("\(machines) machines joined in \(report.joinSeconds) s")
        let joined = pid.flatMap(ProcessUsage.init)
        if let before, let joined {
            report.joinProcessorSeconds = joined.processorSeconds - before.processorSeconds
            report.idleKilobytes = before.kilobytes
        }
        report.longestSnapshotBytes = fleet.measurements.counts.longestFirstLine
        report.joinStreamBytes = fleet.measurements.counts.bytes
        try await settle(fleet)
        try await measureRest(fleet, &report)
        Self.note("rest measured")
        try await measureChanges(fleet, registrations, &report)
        fleet.end()
        report.streamsEnded = fleet.measurements.counts.streamsEnded
        report.heartbeatFailures = fleet.measurements.counts.heartbeatFailures
        try Console.printJSON(report)
    }

    private static func note(_ text: String) { Console.complain(text) }

    private func joinAll(_ fleet: Fleet) async throws -> [Registration] {
        let all = Shared<[Registration?]>(Array(repeating: nil, count: machines))
        let next = Shared(0)
        let machines = machines
        let server = options.url
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<min(atOnce, machines) {
                group.addTask {
                    while true {
                        let number = next.next()
                        guard number < machines else { return }
                        let registration = try await fleet.register(number, fleet.makeKey())
                        fleet.beat(registration, number)
                        try await StreamConnection.open(
                            server, credential: registration.credential, fleet.measurements, fleet.group.next())
                        all.change { $0[number] = registration }
                        if (number + 1) % 1_000 == 0 { Self.note("\(number + 1) machines") }
                    }
                }
            }
            try await group.waitForAll()
        }
        return all.current.compactMap { $0 }
    }

    /// Until no lines but keepalives come any more.
    private func settle(_ fleet: Fleet) async throws {
        for _ in 0..<60 {
            let before = fleet.measurements.counts
            try await Task.sleep(for: .seconds(1))
            let after = fleet.measurements.counts
            // A keepalive is about 70 bytes; a delta with a machine in it is more than 200.
            if after.bytes - before.bytes <= (after.lines - before.lines) * 100 { return }
        }
    }

    private func measureRest(_ fleet: Fleet, _ report: inout JoinReport) async throws {
        guard rest > 0 else { return }
        let start = MonotonicTime.now
        let (usage, counts) = (pid.flatMap(ProcessUsage.init), fleet.measurements.counts)
        try await Task.sleep(for: .seconds(rest))
        let seconds = (MonotonicTime.now - start).inSeconds
        report.heartbeatsPerSecond = Double(fleet.measurements.counts.heartbeats - counts.heartbeats) / seconds
        if let usage, let after = pid.flatMap(ProcessUsage.init) {
            report.restProcessorShare = (after.processorSeconds - usage.processorSeconds) / seconds
            report.restKilobytes = after.kilobytes
            report.kilobytesPerMachine = Double(after.kilobytes - (report.idleKilobytes ?? 0)) / Double(machines)
        }
    }

    private func measureChanges(_ fleet: Fleet, _ registrations: [Registration], _ report: inout JoinReport) async throws {
        var all: [Double] = []
        var last: [Double] = []
        for _ in 0..<changes {
            let change = fleet.measurements.beginChange()
            let mover = registrations[change % registrations.count]
            let start = MonotonicTime.now
            let answer = try await fleet.send(
                fleet.heartbeat(mover, Measurements.endpoint(of: change)), on: .random(in: 0..<connections))
            guard answer.status == 200 else { throw CodedError("fleet", "a change was answered with \(answer.status)") }
            for _ in 0..<1_000 where fleet.measurements.arrivals(of: change).count < machines - 1 {
                try await Task.sleep(for: .milliseconds(20))
            }
            let milliseconds = fleet.measurements.arrivals(of: change).map { ($0 - start).inSeconds * 1_000 }
            report.arrivalsMissing += machines - 1 - milliseconds.count
            all += milliseconds
            if let slowest = milliseconds.max() { last.append(slowest) }
            try await Task.sleep(for: .milliseconds(1_500))
        }
        report.changeMilliseconds = Spread(all)
        report.lastMachineMilliseconds = Spread(last)
    }
}
