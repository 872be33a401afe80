import Basics
import FoundationEssentials
import LabReport
import ScenarioModel

/// The evidence of a run that was not started.
public enum SkippedRun {
    /// A report in which every check is skipped, and says why.
    public static func report(_ scenario: Scenario, because reason: String) -> Report {
        let checks = scenario.allSteps.compactMap { step -> Report.CheckResult? in
            guard case .check(let check) = step.kind else { return nil }
            return Report.CheckResult(
                id: step.id, title: check.title ?? "", outcome: .skipped, seconds: 0, bound: nil, detail: reason,
                milestones: check.milestones, claims: check.claims)
        }
        let microseconds = Int64((Date().timeIntervalSince1970 * 1e6).rounded())
        return Report(
            scenario: scenario.name, title: scenario.title, outcome: .skipped, error: nil, seed: scenario.seed,
            startedAt: WallTime(microseconds: microseconds).text, seconds: 0,
            environment: Report.Environment(
                substrate: "namespaces", kernel: Kernel.release, backend: "", rootless: false, version: Version.current),
            checks: checks, events: [Report.Event(at: 0, what: "skipped: \(reason)")])
    }
}
