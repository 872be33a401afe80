import Basics
import FoundationEssentials
import Glibc
import LabReport
import LinuxProcess

/// A fixture, run by the built lab, and what its checks came to.
struct FixtureRun {
    let status: LinuxProcess.ExitStatus?
    let report: Report
    let terminal: String
    /// By the ids of the checks.
    let outcomes: [String: Outcome]
    /// The lab's journal of the run.
    let events: String

    /// - Parameters:
    ///   - name: of a file in `Fixtures`.
    ///   - settings: `NAME=VALUE`.
    static func run(_ name: String, _ settings: [String] = []) async throws -> FixtureRun {
        try await run(path: "\(LabProcess.home)/Tests/SystemTests/Fixtures/\(name).json", settings)
    }

    static func run(path: String, _ settings: [String] = []) async throws -> FixtureRun {
        let lab = try LabProcess(["run", path, "--output", "{output}"] + settings.flatMap { ["--set", $0] })
        let status = await lab.finish()
        guard access("\(lab.output)/report.json", R_OK) == 0 else { throw CodedError("test", "no report:\n\(lab.terminal)") }
        let report = try lab.report()
        return FixtureRun(
            status: status, report: report, terminal: lab.terminal,
            outcomes: Dictionary(report.checks.map { ($0.id, $0.outcome) }) { _, last in last },
            events: try String(contentsOfFile: "\(lab.output)/events.jsonl", encoding: .utf8))
    }

    /// The checks that came to this.
    func ids(_ outcome: Outcome) -> Set<String> { Set(report.checks.filter { $0.outcome == outcome }.map(\.id)) }

    /// What a check saw.
    func detail(_ id: String) -> String { report.checks.last { $0.id == id }?.detail ?? "no check \(id)" }
}
