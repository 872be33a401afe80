import ArgumentParser
import Basics
import CommandSupport
import ControlProtocol
import Glibc
import MeshModel
import MessengerCore
import MessengerLogic

/// `warren-messenger load`
struct Load: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send many messages, and say how many were delivered and how long they took.",
        discussion: """
            Each message is a send of its own, with the outcomes of send. Goes to the machines that are named, in turn, or by --pattern: \
            ring (the next machine by name), all (every other machine, in turn) or random (any other machine, chosen anew for each).

            Without --rate the next message is sent as soon as one of --in-flight has ended. With it a message is due at fixed \
            times, and its latency counts from when it was due: waiting behind slow ones is part of it. While the messenger of \
            this machine is away, messages are counted as not taken, and it goes on.

            Exit codes: 0 if every message was delivered, 4 if the others are queued, 1 if any failed or was not taken (2 if all \
            failed for unknown-name), 3 if no messenger answers at the start.

            EXAMPLES
              warren-messenger load birch
              warren-messenger load birch cedar --count 1000 --in-flight 1
              warren-messenger load --pattern ring --rate 200 --duration 30s --size 1000
              warren-messenger load --pattern random --duration 10s --queue --json
            """)

    @Argument(help: "Machines to send to, in turn, instead of a pattern.")
    var name: [String] = []

    @Option(help: "Whom to send to without a name: \(LoadPattern.words.joined(separator: ", ")). (default: all)")
    var pattern: String?

    @Option(help: "Messages a second: 0.1 to 100000. Without it, as fast as they end.")
    var rate: Double?

    @Option(help: "How many messages: 1 to \(LoadPace.mostMessages). (default: 100, or with --duration no such limit)")
    var count: Int?

    @Option(help: ArgumentHelp("For how long: \(DurationText.allowed); at most 1h.", valueName: "duration"))
    var duration: String?

    @Option(help: "Bytes of each message: \(MessageText.lengthRange.lowerBound) to \(MessageText.lengthRange.upperBound).")
    var size = 64

    @Option(help: "How many sends may be under way at one time: 1 to 128.")
    var inFlight = 16

    @Option(help: ArgumentHelp("The bound of each: \(DurationText.allowed); at most 5m.", valueName: "duration"))
    var timeout = "5s"

    @Flag(help: "Keep messages that cannot be delivered now, as send --queue does.")
    var queue = false

    @Option(
        help: ArgumentHelp(
            "How long to keep trying, with --queue: \(DurationText.allowed); at most 30d (default: 24h).", valueName: "duration"))
    var expires: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var control: ControlOptions

    func validate() throws { _ = try plan() }

    private func plan() throws -> (pattern: LoadPattern, pace: LoadPace, template: LoadRun.Template) {
        let names = try name.map { try Arguments.machine($0) }
        if !names.isEmpty, pattern != nil { throw ValidationError("names and --pattern exclude each other") }
        guard let chosen = names.isEmpty ? LoadPattern(word: pattern ?? "all") : .named(names) else {
            throw ValidationError(
                "--pattern is \"\(TerminalText.safe(pattern ?? ""))\"; allowed are \(LoadPattern.words.joined(separator: ", "))")
        }
        if let rate, !(0.1...100_000).contains(rate) { throw ValidationError("--rate is \(rate); allowed are 0.1 to 100000") }
        try Self.check(size, "--size", MessageText.lengthRange)
        try Self.check(inFlight, "--in-flight", 1...128)
        if let count { try Self.check(count, "--count", 1...LoadPace.mostMessages) }
        let length = try duration.map { text in
            guard let length = DurationText.parse(text), length > .zero, length <= .seconds(3_600) else {
                throw ValidationError(
                    "--duration is \"\(TerminalText.safe(text))\"; allowed is \(DurationText.allowed), more than 0s, at most 1h")
            }
            return length
        }
        let pace = LoadPace(rate: rate, count: count ?? (length == nil ? 100 : LoadPace.mostMessages), duration: length)
        return (
            chosen, pace,
            LoadRun.Template(
                size: size, timeoutMilliseconds: try Arguments.timeout(timeout),
                expiresMilliseconds: try Arguments.keepFor(expires, isQueued: queue))
        )
    }

    private static func check(_ value: Int, _ option: String, _ range: ClosedRange<Int>) throws {
        guard range.contains(value) else {
            throw ValidationError("\(option) is \(value); allowed are \(range.lowerBound) to \(range.upperBound)")
        }
    }

    func run() async throws {
        let (pattern, pace, template) = try plan()
        _ = try await control.ask { try await $0.get(MessengerControl.status, as: MessengerStatus.self) }
        let load = LoadRun(
            client: control.client, targets: try await targets(pattern), template: template, pace: pace,
            showsProgress: isatty(STDERR_FILENO) == 1)
        let report = try await load.run(workers: inFlight)
        if json { try Console.printJSON(report) } else { LoadPrint.show(report) }
        try Self.exit(report)
    }

    /// Who is in the mesh, in the agent's word.
    private func targets(_ pattern: LoadPattern) async throws -> LoadTargets {
        if case .named(let names) = pattern, let first = names.first, let targets = LoadTargets(pattern, own: first, others: []) {
            return targets
        }
        let roster: Roster
        do {
            roster = try await AgentDirectory(socket: "\(control.runDirectory)/agent.sock").roster()
        } catch {
            throw CodedError(
                "not-a-member", "the agent of this machine does not say who is in the mesh: name machines", cause: error)
        }
        guard let own = roster.own else {
            throw CodedError("not-a-member", "this machine is not registered with a coordinator")
        }
        guard let targets = LoadTargets(pattern, own: own.name, others: roster.others.map(\.name)) else {
            throw CodedError("not-a-member", "no other machine is in the mesh")
        }
        return targets
    }

    private static func exit(_ report: LoadReport) throws {
        let failures = report.failed.values.reduce(0, +) + report.notTaken.values.reduce(0, +)
        if failures > 0 {
            let isNameUnknown = report.failed[SendResult.Reason.unknownName.rawValue] == report.attempts
            throw isNameUnknown ? Exit.unknownName : ExitCode.failure
        }
        if report.queued > 0 { throw Exit.queued }
    }
}
