import AgentCore
import ArgumentParser
import Basics
import ControlProtocol
import LocalControl

/// Which agent a command talks to.
struct ControlOptions: ParsableArguments {
    @OptionGroup var file: ConfigurationOptions

    @Option(name: .customLong("run-dir"), help: ArgumentHelp("Directory of the control socket.", valueName: "DIR"))
    var runDirectory = AgentSettings.defaultRunDirectory

    /// Path of the control socket.
    var socket: String { AgentSettings.controlSocket(in: runDirectory) }

    /// Whether an agent answers.
    var isAnswering: Bool { UnixSocket.complaint(about: socket) == nil }

    /// - Throws: `CodedError` with code `no-agent` if nobody listens there, or this user may not connect.
    func client() throws(CodedError) -> LocalControlClient {
        if let complaint = UnixSocket.complaint(about: socket) {
            throw CodedError(
                "no-agent",
                "no agent answers on \(socket) (\(complaint)): start one with \"warren-agent run\", or name its --run-dir")
        }
        return LocalControlClient(socket: socket)
    }
}

/// How long to wait for the peers' answers.
struct MeasureOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How long to measure round trips to the peers, at the most 5s; 0s: not at all.", valueName: "DURATION"),
        transform: Self.duration)
    var measure = Duration.seconds(1)

    /// The status, with round trips.
    func status(of client: LocalControlClient) async throws -> AgentStatus {
        try await client.get(
            "\(AgentPath.status)?measure=\(measure.wholeMilliseconds)", timeout: .seconds(5) + measure, as: AgentStatus.self)
    }

    private static func duration(_ text: String) throws -> Duration {
        guard let duration = DurationText.parse(text), duration <= .milliseconds(AgentPath.longestMeasurement) else {
            throw ValidationError("expected 0s to 5s: \(DurationText.allowed)")
        }
        return duration
    }
}
