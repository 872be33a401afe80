import ArgumentParser
import Basics
import ControlProtocol
import LocalControl
import MessengerLogic
import CommandSupport

/// `warren-messenger ping`
struct Ping: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure the way to a machine's messenger and back, through the mesh.",
        discussion: """
            Each ping opens a connection of its own, and measures one frame to the messenger there and its answer. Nothing is \
            stored. Ends at the first ping without an answer, with the reasons and exit codes of send.

            EXAMPLES
              warren-messenger ping birch
              warren-messenger ping birch --count 10 --json
            """)

    @Argument(help: "The machine's name in the mesh.")
    var name: String

    @Option(help: "How many times, a second apart: 1 to 1000000.")
    var count = 1

    @Option(help: ArgumentHelp("The bound for each: \(DurationText.allowed); at most 5m.", valueName: "duration"))
    var timeout = "5s"

    @Flag(help: "Print one JSON object a line for each.")
    var json = false

    @OptionGroup var control: ControlOptions

    func validate() throws {
        _ = try request()
        guard (1...1_000_000).contains(count) else { throw ValidationError("--count is \(count); allowed are 1 to 1000000") }
    }

    private func request() throws -> PingRequest {
        PingRequest(to: try Arguments.machine(name), timeoutMilliseconds: try Arguments.timeout(timeout))
    }

    func run() async throws {
        let request = try request()
        let patience = Duration.milliseconds(request.timeoutMilliseconds) + .seconds(2)
        for number in 1...count {
            if number > 1 { try await Task.sleep(for: .seconds(1)) }
            let result = try await control.ask {
                try await $0.post(MessengerControl.ping, body: request, timeout: patience, as: PingResult.self)
            }
            if json {
                try Console.printJSON(result)
            } else if let reason = result.reason {
                print("failed: \(reason.rawValue): \(TerminalText.safe(result.detail))")
            } else {
                print(
                    "\(request.to) answered in \(round(result.milliseconds)) ms, connected in \(round(result.connectMilliseconds)) ms"
                )
            }
            if let reason = result.reason { throw reason == .unknownName ? Exit.unknownName : ExitCode.failure }
        }
    }

    private func round(_ milliseconds: Double) -> Double { (milliseconds * 100).rounded() / 100 }
}
