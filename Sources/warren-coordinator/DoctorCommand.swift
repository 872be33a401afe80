import ArgumentParser
import Basics
import CommandSupport
import ControlProtocol
import CoordinatorCore
import LocalControl
import MeshModel

/// `warren-coordinator doctor`
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look at everything that the coordinator needs, and say what to do.",
        discussion: """
            Works whether the coordinator runs or not, and alters none of it: data directory and files, who serves it, whether it \
            answers, the database, room on the disk, the certificate, file descriptors, mesh addresses, the clock. Each is OK, \
            WARN or FAIL. Ends with 0 if nothing is FAIL, with 1 if something is, with 3 if the data directory cannot be \
            looked into.

            EXAMPLES
              warren-coordinator doctor
              warren-coordinator doctor --data ./coordinator --json
            """)

    @OptionGroup var data: DataOptions

    @Option(
        help: ArgumentHelp(
            "The pool that \"serve\" is told (default: \(CoordinatorSettings.defaultPool)).", valueName: "PREFIX"),
        transform: Arguments.prefix)
    var pool: IPPrefix?

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        guard let pool = pool ?? IPPrefix(CoordinatorSettings.defaultPool) else { throw ExitCode.failure }
        let findings = try Doctor(data: data.directory, pool: pool, answer: await answer()).examine()
        if json {
            try Console.printJSON(Report(findings: findings))
        } else {
            for finding in findings {
                print("\(pad(finding.verdict.rawValue, 4))  \(pad(finding.check, 14))  \(finding.found)")
                if let advice = finding.advice { print("      \(pad("", 14))  > \(advice)") }
            }
        }
        if findings.contains(where: { $0.verdict == .fail }) { throw ExitCode.failure }
    }

    private struct Report: Encodable {
        let findings: [Finding]
    }

    private func answer() async -> String? {
        guard AdminSocket.isAnswering(in: data.directory) else { return nil }
        let client = LocalControlClient(socket: AdminPath.socket(in: data.directory))
        guard let health = try? await client.get(APIPath.health, timeout: .seconds(3), as: Health.self) else { return nil }
        let uptime = DurationText.format(.milliseconds(Int(health.uptimeSeconds * 1_000)))
        return "\(health.status), version \(health.version), \(health.machines) machines, up for \(uptime)"
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
