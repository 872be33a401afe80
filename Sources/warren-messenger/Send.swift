import ArgumentParser
import Basics
import CommandSupport
import ControlProtocol
import LocalControl
import MeshModel
import MessengerLogic

/// `warren-messenger send`
struct Send: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send a message to a machine, and say what came of it.",
        discussion: """
            Ends in exactly one way within the timeout. Delivered (exit 0): the message is on the receiver's disk. \
            Failed (exit 1, or 2 for unknown-name), with the reason: \(SendResult.Reason.allCases.map(\.rawValue).joined(separator: ", ")).

            With --queue a message that cannot be delivered now is queued (exit 4): the messenger keeps it, through restarts \
            too, and delivers it when the machine is back, or gives it up when --expires has passed; "sent" tells. Messages to \
            one machine arrive in the order in which they were sent; none overtakes a queued one.

            EXAMPLES
              warren-messenger send birch "the kettle is on"
              warren-messenger send birch the kettle is on --timeout 2s
              warren-messenger send birch --queue --expires 1h "when you are back"
              warren-messenger send birch --json -- "--dashes are fine behind two dashes"
            """)

    @Argument(help: "The machine's name in the mesh.")
    var name: String

    @Argument(help: "The message, \(MessageText.allowed). Several words are joined with a space.")
    var text: [String]

    @Option(help: ArgumentHelp("The bound: \(DurationText.allowed); at most 5m.", valueName: "duration"))
    var timeout = "5s"

    @Flag(help: "Keep the message and keep trying, if it cannot be delivered now.")
    var queue = false

    @Option(
        help: ArgumentHelp(
            "How long to keep trying, with --queue: \(DurationText.allowed); at most 30d (default: 24h).", valueName: "duration"))
    var expires: String?

    @Flag(help: "Print the result as one JSON object.")
    var json = false

    @OptionGroup var control: ControlOptions

    func validate() throws { _ = try request() }

    private func request() throws -> SendRequest {
        let receiver = try Arguments.machine(name)
        let bound = try Arguments.timeout(timeout)
        let expiry = try Arguments.keepFor(expires, isQueued: queue)
        do {
            let message = try MessageText(text.joined(separator: " "))
            return SendRequest(
                to: receiver, text: message.string, timeoutMilliseconds: bound, expiresMilliseconds: expiry
            )
        } catch {
            throw ValidationError(error.message)
        }
    }

    func run() async throws {
        let request = try request()
        // The messenger keeps the bound; it gets a little longer to say so.
        let patience = Duration.milliseconds(request.timeoutMilliseconds) + .seconds(2)
        let result = try await control.ask {
            try await $0.post(MessengerControl.send, body: request, timeout: patience, as: SendResult.self)
        }
        if json {
            try Console.printJSON(result)
        } else if result.outcome == .queued {
            print("queued for \(request.to): \(TerminalText.safe(result.detail))")
        } else if let reason = result.reason {
            print("failed: \(reason.rawValue): \(TerminalText.safe(result.detail))")
        } else {
            print("delivered to \(request.to) in \((result.milliseconds * 10).rounded() / 10) ms")
        }
        if result.outcome == .delivered { return }
        if result.outcome == .queued { throw Exit.queued }
        throw result.reason == .unknownName ? Exit.unknownName : ExitCode.failure
    }
}
