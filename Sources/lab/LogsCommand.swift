import ArgumentParser
import Basics
import Glibc
import LabCore
import LinuxProcess

/// `lab logs`: what services have logged, merged.
struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Show the logs of a living lab, merged by time.",
        discussion: """
            EXAMPLES
              lab logs                            everything
              lab logs -f                         and what comes, until Ctrl-C
              lab logs ash cedar/agent            of one machine, and of one service
              lab logs --level warning
              lab logs --json | jq .event         as it was logged, with "machine"
            """)

    /// How often a followed log is looked at.
    static let interval = Duration.milliseconds(100)

    @OptionGroup var choice: LabChoice

    @Argument(
        help: "MACHINE or MACHINE/SERVICE; everything if left out.",
        completion: .custom { _, _, _ in await LiveCommand.machineNames })
    var sources: [String] = []

    @Flag(name: .shortAndLong, help: "Go on with what comes, until Ctrl-C or the end of the lab.")
    var follow = false

    @Option(help: "Only lines of this level or above: trace, debug, info, notice, warning, error, critical.")
    var level: String?

    @Flag(help: "Print the lines as JSON objects, with \"machine\" and \"service\" added.")
    var json = false

    func validate() throws {
        if let level, LogLevel(rawValue: level) == nil {
            throw ValidationError(
                "--level \(level): expected one of \(LogLevel.allCases.map(\.rawValue).joined(separator: ", "))")
        }
    }

    func run() async throws {
        let client = try choice.connect()
        let hello = try await LiveCommand.orExit { try await client.hello() }
        try LiveCommand.orExit {
            try LiveCommand.check(
                sources.map { $0.split(separator: "/").first.map(String.init) ?? $0 }, among: hello.machines)
        }
        let printer = LogPrinter(isJSON: json, least: level.flatMap(LogLevel.init) ?? .trace)
        var reader = MergedLogs(folder: "\(hello.output)/logs", wanted: sources)
        printer.show(reader.next())
        guard follow else { return }
        let watch = client.supervisor.flatMap { try? ProcessWatch(pid: $0) }
        while watch.map({ !$0.hasExited }) ?? false {
            try await Task.sleep(for: Self.interval)
            printer.show(reader.next())
        }
        printer.show(reader.next())
    }
}
