import AgentCore
import ArgumentParser
import Basics
import CommandSupport
import ControlProtocol
import FoundationEssentials
import Glibc
import LocalControl
import Logging

/// `warren-agent logs`
struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the latest lines of the running agent's log.",
        discussion: """
            The agent keeps its last \(AgentPath.logLineLimit) lines in memory; what it logged before it was started anew is where its standard \
            error went. With --follow it goes on until it is interrupted, or the agent ends (exit code 1). A reader that is too \
            slow loses lines, and is told how many. docs/logging.md has all events. Exits with 1 if no agent answers.

            EXAMPLES
              warren-agent logs
              warren-agent logs --follow --level warning
              warren-agent logs --event peer-added --event peer-removed --lines 20
              warren-agent logs --json | jq -r 'select(.peer == "birch") | .message'
            """)

    @OptionGroup var control: ControlOptions

    @Option(
        name: [.customShort("n"), .long],
        help: ArgumentHelp("How many lines at the most: 0 to \(AgentPath.logLineLimit).", valueName: "N"))
    var lines = 100

    @Flag(name: .shortAndLong, help: "Go on with lines as they are written.")
    var follow = false

    @Option(help: "Only lines of this severity and above: \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")).")
    var level = Logger.Level.trace

    @Option(name: .customLong("event"), help: ArgumentHelp("Only this event; may be repeated.", valueName: "EVENT"))
    var events: [String] = []

    @Flag(help: "Print the lines as they are: one JSON object each.")
    var json = false

    func validate() throws {
        guard (0...AgentPath.logLineLimit).contains(lines) else {
            throw ValidationError("--lines: found \(lines), expected 0 to \(AgentPath.logLineLimit)")
        }
    }

    func run() async throws {
        let client = try control.client()
        let all = "\(AgentPath.logs)?lines=\(AgentPath.logLineLimit)"
        let printer = LogPrinter(level: level, events: Set(events), json: json)
        guard follow else {
            let text = try await client.text(all)
            let decoder = JSONDecoder()
            let read = try text.split(separator: "\n").map { try decoder.decode(LogLine.self, from: Data($0.utf8)) }
            for line in read.compactMap(\.line).filter(printer.covers).suffix(lines) { printer.print(line) }
            return
        }
        // What is in memory is filtered first, so that --lines counts what is shown; those that come are shown as they come.
        var waiting: [String]? = []
        try await client.follow(all + "&follow=1", as: LogLine.self) { line in
            if let lost = line.lost { Console.complain("\(lost) lines were lost: this reader is too slow") }
            guard let text = line.line else {
                // A sign of life; the first one stands behind what was in memory.
                for text in (waiting ?? []).suffix(lines) { printer.print(text) }
                waiting = nil
                return
            }
            guard printer.covers(text) else { return }
            if waiting == nil { printer.print(text) } else { waiting?.append(text) }
        }
    }
}
