import Basics
import FoundationEssentials
import LabCore
import LabReport
import MilestoneModel

/// Runs the scenarios of a plan, each once, and turns what they showed into results.
struct MilestoneRuns {
    let project: ProjectDocuments
    /// Which weeks were asked for.
    let weeks: Set<Int>
    /// Absolute path of the folder of the results.
    let output: String

    private var claims: [Claim] { project.review.claims.filter { weeks.contains($0.week) } }

    /// What has to run.
    var plan: MilestonePlan {
        MilestonePlan(weeks: weeks.sorted(), claims: claims, catalogue: project.review.catalogue)
    }

    /// - Returns: what became of each run of the plan; one that an interruption kept from starting is missing.
    func carryOut(jobs: Int, form: StoryForm) async throws -> [RunOutcome] {
        var runs: [(run: PlannedRun, output: String)] = []
        for scenario in plan.scenarios.compactMap({ project.scenarios[$0.name] }) {
            let folder = try OutputFolder.make("\(output)/\(scenario.name)", scenario: scenario.name, several: false)
            runs.append((PlannedRun(scenario: scenario, isRepeated: false), folder))
        }
        Leftovers.noteLinks()
        return await RunQueue(runs: runs, jobs: jobs, form: form, sabotage: nil, keepsFailure: false).carryOut()
    }

    /// What the weeks amount to.
    func results(_ outcomes: [RunOutcome], complaints: [Complaint], startedAt: WallTime, seconds: Double) -> MilestoneResults {
        var evidence: [String: [ClaimEvidence]] = [:]
        var runs: [String: ScenarioEvidence] = [:]
        for outcome in outcomes {
            let report = try? EvidenceFolder(path: outcome.output).readReport()
            runs[outcome.scenario] = ScenarioEvidence(
                report, scenario: outcome.scenario, exit: outcome.exit, folder: outcome.scenario, reason: outcome.skipped)
            guard let report else { continue }
            for check in report.checks {
                for claim in check.claims {
                    evidence[claim, default: []].append(ClaimEvidence(check, of: report, folder: outcome.scenario))
                }
            }
        }
        let all = MilestoneContract.weeks.map { week in
            result(week, evidence: evidence, runs: runs, isSelected: weeks.contains(week.week))
        }
        return MilestoneResults(
            startedAt: startedAt.text, seconds: (seconds * 1_000).rounded() / 1_000, version: Version.current,
            kernel: Kernel.release,
            complaints: complaints.map(\.description), weeks: all)
    }

    private func result(
        _ week: MilestoneContract, evidence: [String: [ClaimEvidence]], runs: [String: ScenarioEvidence], isSelected: Bool
    ) -> WeekResult {
        let page = project.review.pages.first { $0.week == week.week }
        let own = (page?.claims ?? []).map { ClaimResult($0, evidence: isSelected ? evidence[$0.id] ?? [] : []) }
        let answered = Set(own.flatMap { $0.evidence.map(\.scenario) }).union(isSelected ? [week.name] : [])
        let documents = ([week.page] + week.documents).map { path in
            WeekResult.Document(path: path, isThere: project.review.has(path))
        }
        return WeekResult(
            week, artifact: page?.artifact ?? "", documents: documents, claims: own,
            runs: answered.sorted { ($0 == week.name ? 0 : 1, $0) < ($1 == week.name ? 0 : 1, $1) }.compactMap { runs[$0] },
            isSelected: isSelected)
    }
}

extension MilestoneResults {
    /// Writes `milestones.json`, `milestones.html` and `junit.xml`.
    ///
    /// - Throws: `output`.
    func write(to folder: String) throws(CodedError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            try encoder.encode(self).write(to: URL(filePath: "\(folder)/milestones.json"), options: .atomic)
            try Data(MilestonesPage(self).document).write(to: URL(filePath: "\(folder)/milestones.html"), options: .atomic)
            try Data(MilestonesJUnit.document(self)).write(to: URL(filePath: "\(folder)/junit.xml"), options: .atomic)
        } catch { throw CodedError("output", "cannot write the results into \(folder)", cause: error) }
    }
}
