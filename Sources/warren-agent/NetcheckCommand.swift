import AgentCore
import ArgumentParser
import Basics
import CommandSupport
import ControlProtocol
import LocalControl

/// `warren-agent netcheck`
struct NetcheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "netcheck",
        abstract: "Look at everything that a tunnel needs of this machine and its network, and say what to do.",
        discussion: """
            Works whether an agent runs or not, and changes nothing: WireGuard, the UDP port, this machine's addresses, the way to the \
            coordinator (name, connection, certificate, answer, clock), the MTU, and how many peers have a session. Each is OK, WARN \
            or FAIL. Exits with 0 if nothing is FAIL, with 1 if something is.

            EXAMPLES
              warren-agent netcheck
              warren-agent netcheck --join-file /etc/warren/join
              warren-agent netcheck --json | jq -r '.findings[] | select(.verdict == "FAIL") | .advice'
            """)

    @OptionGroup var control: ControlOptions
    @OptionGroup var joining: JoinOptions

    @Option(name: .customLong("state"), help: ArgumentHelp("Directory of the machine's identity.", valueName: "DIR"))
    var stateDirectory = AgentSettings.defaultStateDirectory

    @Option(help: "Name of the WireGuard interface, if no agent runs.")
    var interface = AgentSettings.defaultInterface

    @Option(help: "UDP port of WireGuard, if no agent runs.")
    var listenPort = AgentSettings.defaultListenPort

    @Flag(help: "Print one JSON object.")
    var json = false

    private struct Report: Encodable {
        let findings: [Finding]
    }

    func run() async throws {
        let join = try joining.token()
        let status =
            control.isAnswering
            ? try? await control.client().get(AgentPath.status, timeout: .seconds(3), as: AgentStatus.self) : nil
        let findings = await Netcheck(
            status: status, stateDirectory: stateDirectory, join: join, interface: interface, listenPort: listenPort
        ).findings()
        if json {
            try Console.printJSON(Report(findings: findings))
        } else {
            for finding in findings {
                print("\(pad(finding.verdict.rawValue, 4))  \(pad(finding.check, 11))  \(finding.found)")
                if let advice = finding.advice { print("      \(pad("", 11))  > \(advice)") }
            }
        }
        if findings.contains(where: { $0.verdict == .fail }) { throw ExitCode.failure }
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
