import ArgumentParser
import ControlProtocol
import LocalControl
import MessengerLogic
import CommandSupport

/// `warren-messenger sent`
struct Sent: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what this machine was asked to send, and what came of it, oldest first.",
        discussion: """
            Every send is written down before anything else happens, with its one outcome as soon as there is one: delivered or \
            failed. Until then it is pending, or queued.

            EXAMPLES
              warren-messenger sent
              warren-messenger sent --limit 10 --json
            """)

    @Option(help: "How many messages at the most, the latest ones: 1 to \(MessengerControl.inboxLimit).")
    var limit = MessengerControl.inboxDefault

    @Option(help: "Only messages with a greater sequence number (as --json shows it), the earliest ones first.")
    var after: Int64?

    @Flag(help: "Print one JSON array.")
    var json = false

    @OptionGroup var control: ControlOptions

    func validate() throws {
        guard (1...MessengerControl.inboxLimit).contains(limit) else {
            throw ValidationError("--limit is \(limit); allowed are 1 to \(MessengerControl.inboxLimit)")
        }
        guard (after ?? 0) >= 0 else { throw ValidationError("--after is negative; allowed are 0 and more") }
    }

    func run() async throws {
        let query = "?limit=\(limit)" + (after.map { "&after=\($0)" } ?? "")
        let messages = try await control.ask { try await $0.get(MessengerControl.sent + query, as: [SentMessage].self) }
        if json { return try Console.printJSON(messages) }
        if messages.isEmpty { print("no messages") }
        for message in messages {
            let reason = message.reason.map { ": \($0.rawValue)" } ?? ""
            let until = message.outcome == .queued ? message.expiresAt.map { " until \($0)" } ?? "" : ""
            print("\(message.sentAt)  \(message.id)  to \(message.to)  \(message.outcome.rawValue)\(reason)\(until)")
        }
    }
}
