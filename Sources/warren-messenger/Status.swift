import ArgumentParser
import CommandSupport
import ControlProtocol
import LocalControl

/// `warren-messenger status`
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show where the messenger listens and what it has done.",
        discussion: """
            EXAMPLES
              warren-messenger status
              warren-messenger status --json
            """)

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var control: ControlOptions

    func run() async throws {
        let status = try await control.ask { try await $0.get(MessengerControl.status, as: MessengerStatus.self) }
        if json { return try Console.printJSON(status) }
        let counters = status.counters
        print(
            """
            name         \(status.name.map { "\($0)" } ?? "not known yet")
            listening    \(status.listening ?? "not yet")
            agent        \(status.agentReachable ? "answers" : "does not answer")
            inbox        \(status.stored) messages
            connections  \(status.connections) inbound
            sent         \(counters.delivered) delivered, \(counters.failed) failed
            received     \(counters.received) new, \(counters.duplicates) duplicates, \(counters.refused) connections refused
            version      \(status.version)
            """)
    }
}
