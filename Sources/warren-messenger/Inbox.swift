import ArgumentParser
import CommandSupport
import ControlProtocol
import Glibc
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
              warren-messenger inbox --follow
            """)

    @Option(help: "How many messages at the most, the latest ones: 1 to \(MessengerControl.inboxLimit).")
    var limit = MessengerControl.inboxDefault

    @Option(help: "Only messages with a greater sequence number (as --json shows it), the earliest ones first.")
    var after: Int64?

    @Flag(help: "Show what is there, then every message as it comes, until interrupted.")
    var follow = false

    @Flag(help: "Print one JSON array; with --follow one object a line.")
    var json = false

    @OptionGroup var control: ControlOptions

    func validate() throws {
        guard (1...MessengerControl.inboxLimit).contains(limit) else {
            throw ValidationError("--limit is \(limit); allowed are 1 to \(MessengerControl.inboxLimit)")
        }
        guard (after ?? 0) >= 0 else { throw ValidationError("--after is negative; allowed are 0 and more") }
    }

    func run() async throws {
        let messages = try await control.ask { try await fetch($0, after: after, limit: limit) }
        if follow { return try await follow(from: messages) }
        if json { return try Console.printJSON(messages) }
        if messages.isEmpty { print("no messages") }
        for message in messages { show(message) }
    }

    private func fetch(_ client: LocalControlClient, after: Int64?, limit: Int) async throws -> [InboxMessage] {
        let query = "?limit=\(limit)" + (after.map { "&after=\($0)" } ?? "")
        return try await client.get(MessengerControl.inbox + query, as: [InboxMessage].self)
    }

    /// Asks four times a second. Ends when the messenger does.
    private func follow(from first: [InboxMessage]) async throws {
        var messages = first
        var last = after ?? 0
        while true {
            for message in messages {
                if json { try Console.printJSON(message) } else { show(message) }
                last = message.sequence
            }
            // For whoever reads it now, be it through a pipe.
            fflush(nil)
            try await Task.sleep(for: .milliseconds(250))
            let place = last
            messages = try await control.ask { try await fetch($0, after: place, limit: MessengerControl.inboxLimit) }
        }
    }

    private func show(_ message: InboxMessage) {
        // Further lines are set in, so that none of them can pass for a message of its own.
        let text = TerminalText.safe(message.text).replacing("\n", with: "\n    ")
        print("\(message.receivedAt)  \(message.from): \(text)")
    }
}
