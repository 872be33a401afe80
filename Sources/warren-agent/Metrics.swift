import ArgumentParser
import ControlProtocol
import LocalControl

/// `warren-agent metrics`
struct Metrics: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the agent's metrics in the text format of Prometheus.",
        discussion: """
            The same text as GET /metrics on the control socket, and on the address that "warren-agent run --metrics" was given. \
            docs/metrics.md describes each. Exits with 1 if no agent answers.

            EXAMPLES
              warren-agent metrics
              warren-agent metrics >/var/lib/node-exporter/warren.prom
              warren-agent run --metrics 127.0.0.1:7402
            """)

    @OptionGroup var control: ControlOptions

    func run() async throws {
        print(try await control.client().text(AgentPath.metrics), terminator: "")
    }
}
