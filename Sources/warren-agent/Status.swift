import AgentCore
import ArgumentParser
import Basics
import CommandSupport
import ControlProtocol
import LocalControl

/// `warren-agent status`
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show this machine's place in the mesh and its peers.",
        discussion: """
            The device is read at this moment. Exits with 1 if no agent answers.

            EXAMPLES
              warren-agent status
              warren-agent status --json
            """)

    @Option(name: .customLong("run-dir"), help: ArgumentHelp("Directory of the control socket.", valueName: "DIR"))
    var runDirectory = AgentSettings.defaultRunDirectory

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let socket = AgentSettings.controlSocket(in: runDirectory)
        if let complaint = UnixSocket.complaint(about: socket) {
            throw CodedError(
                "no-agent",
                "no agent answers on \(socket) (\(complaint)): start one with \"warren-agent run\", or name its --run-dir")
        }
        let status: AgentStatus = try await LocalControlClient(socket: socket).get("/v1/status")
        if json { return try Console.printJSON(status) }
        print(StatusText.render(status))
    }
}
