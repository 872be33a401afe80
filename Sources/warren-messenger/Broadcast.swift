import ArgumentParser
import Basics
import ControlProtocol
import LocalControl
import MessengerLogic
import CommandSupport

/// `warren-messenger broadcast`
struct Broadcast: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send a message to every other machine of the mesh, and say what came of each.",
        discussion: """
            The machines are those that the agent knows, dropped ones included. Exit 0 only if every one of them has stored the \
            message; 1 if not. A mesh without other machines is no failure.

            EXAMPLES
              warren-messenger broadcast "lunch is ready"
              warren-messenger broadcast lunch is ready --timeout 2s --json
            """)

    @Argument(help: "The message, \(MessageText.allowed). Several words are joined with a space.")
    var text: [String]

    @Option(help: ArgumentHelp("The bound for each machine: \(DurationText.allowed); at most 5m.", valueName: "duration"))
    var timeout = "5s"

    @Flag(help: "Print one JSON array.")
    var json = false

    @OptionGroup var control: ControlOptions

    func validate() throws { _ = try request() }

    private func request() throws -> BroadcastRequest {
        let bound = try Arguments.timeout(timeout)
        do {
            return BroadcastRequest(text: try MessageText(text.joined(separator: " ")).string, timeoutMilliseconds: bound)
        } catch {
            throw ValidationError(error.message)
        }
    }

    func run() async throws {
        let request = try request()
        // The messenger keeps the bound, after it has asked the agent; it gets a little longer to say so.
        let patience = Duration.milliseconds(request.timeoutMilliseconds) + .seconds(5)
        let results = try await control.ask {
            try await $0.post(MessengerControl.broadcast, body: request, timeout: patience, as: [BroadcastResult].self)
        }
        if json {
            try Console.printJSON(results)
        } else {
            show(results)
        }
        if results.contains(where: { $0.result.outcome != .delivered }) { throw ExitCode.failure }
    }

    private func show(_ results: [BroadcastResult]) {
        if results.isEmpty { return print("no other machine is in the mesh") }
        let width = results.map(\.to.text.count).max() ?? 0
        for entry in results {
            let name = entry.to.text + String(repeating: " ", count: width - entry.to.text.count)
            if let reason = entry.result.reason {
                print("\(name)  failed: \(reason.rawValue): \(TerminalText.safe(entry.result.detail))")
            } else {
                print("\(name)  \(entry.result.outcome.rawValue)  \((entry.result.milliseconds * 10).rounded() / 10) ms")
            }
        }
    }
}
