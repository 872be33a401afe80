import ArgumentParser
import CommandSupport
import ControlProtocol
import LocalControl
import MessengerLogic

/// `warren-messenger inbox`
struct Inbox: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the messages that this machine has received, oldest first.",
        discussion: """
            Control characters of a message are shown written out. With --json: one array of objects, with the text as it came.

            EXAMPLES
              warren-messenger inbox
              warren-messenger inbox --limit 10 --json
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
        let messages = try await control.ask {
            try await $0.get(MessengerControl.inbox + query, as: [InboxMessage].self)
        }
        if json { return try Console.printJSON(messages) }
        if messages.isEmpty { print("no messages") }
        for message in messages {
            // Further lines are set in, so that none of them can pass for a message of its own.
            let text = TerminalText.safe(message.text).replacing("\n", with: "\n    ")
            print("\(message.receivedAt)  \(message.from): \(text)")
        }
    }
}
