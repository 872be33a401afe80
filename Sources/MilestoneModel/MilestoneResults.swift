/// How a claim, a week, or all of them came out.
public enum MilestoneOutcome: String, Codable, Sendable, Hashable {
    case held
    case failed
    /// It could not be shown either way; that is not held.
    case inconclusive
    /// Nobody asked for it.
    case notSelected = "not-selected"

    /// What all of these together amount to; nothing at all shows nothing.
    public static func together(_ outcomes: some Collection<MilestoneOutcome>) -> MilestoneOutcome {
        if outcomes.contains(.failed) { return .failed }
        return !outcomes.isEmpty && outcomes.allSatisfy { $0 == .held } ? .held : .inconclusive
    }
}

/// What a check showed of a claim.
public struct ClaimEvidence: Codable, Sendable, Hashable {
    public var scenario: String
    public var check: String
    public var title: String
    public var outcome: MilestoneOutcome
    /// Measured, in seconds.
    public var seconds: Double
    /// The bound, in seconds; absent for a check that lasts until a mark.
    public var bound: Double?
    /// Whether the check lasts as long as `bound`, instead of having to end within it.
    public var isLasting: Bool
    /// What was seen.
    public var detail: String
    /// Where it lies, relative to the folder of the results.
    public var place: String

    public init(
        scenario: String, check: String, title: String, outcome: MilestoneOutcome, seconds: Double, bound: Double?,
        isLasting: Bool, detail: String, place: String
    ) {
        self.scenario = scenario
        self.check = check
        self.title = title
        self.outcome = outcome
        self.seconds = seconds
        self.bound = bound
        self.isLasting = isLasting
        self.detail = detail
        self.place = place
    }
}

extension ClaimEvidence {
    /// Which part of its bound it took.
    var nearness: Double { bound.map { $0 > 0 ? seconds / $0 : 0 } ?? 0 }
}

/// A run of a scenario.
public struct ScenarioEvidence: Codable, Sendable, Hashable {
    public var scenario: String
    public var outcome: MilestoneOutcome
    public var seconds: Double
    /// `lab run`'s exit code for it.
    public var exit: Int32
    /// Its folder, relative to the folder of the results.
    public var place: String
    /// The checks that did not pass, and what broke the run.
    public var remarks: [String]

    public init(scenario: String, outcome: MilestoneOutcome, seconds: Double, exit: Int32, place: String, remarks: [String] = [])
    {
        self.scenario = scenario
        self.outcome = outcome
        self.seconds = seconds
        self.exit = exit
        self.place = place
        self.remarks = remarks
    }
}

/// A claim and what became of it.
public struct ClaimResult: Codable, Sendable, Hashable {
    public var id: String
    public var statement: String
    public var kind: Claim.Kind
    public var outcome: MilestoneOutcome
    public var evidence: [ClaimEvidence]

    /// - Parameter evidence: of every check that names the claim in a scenario that was run. Without any, nothing is shown.
    public init(_ claim: Claim, evidence: [ClaimEvidence]) {
        id = claim.id
        statement = claim.statement
        kind = claim.kind
        self.evidence = evidence
        outcome = .together(evidence.map(\.outcome))
    }

    /// The check that says the most about it: the first that did not hold, else the one that came nearest to its bound, else the first.
    public var leading: ClaimEvidence? {
        evidence.first { $0.outcome == .failed } ?? evidence.first { $0.outcome != .held }
            ?? evidence.filter { !$0.isLasting && $0.bound != nil }.max { $0.nearness < $1.nearness } ?? evidence.first
    }
}

/// A week and what became of it.
public struct WeekResult: Codable, Sendable, Hashable {
    public struct Document: Codable, Sendable, Hashable {
        public var path: String
        /// Whether it is there, with the section that the week owes.
        public var isThere: Bool

        public init(path: String, isThere: Bool) {
            self.path = path
            self.isThere = isThere
        }
    }

    public var week: Int
    public var title: String
    public var artifact: String
    public var page: String
    public var outcome: MilestoneOutcome
    public var documents: [Document]
    public var claims: [ClaimResult]
    /// The scenarios that answered its claims.
    public var runs: [ScenarioEvidence]

    public init(
        _ contract: MilestoneContract, artifact: String, documents: [Document], claims: [ClaimResult], runs: [ScenarioEvidence],
        isSelected: Bool
    ) {
        week = contract.week
        title = contract.title
        page = contract.page
        self.artifact = artifact
        self.documents = documents
        self.claims = claims
        self.runs = runs
        let own = runs.filter { $0.scenario == contract.name }.map(\.outcome)
        let papers: MilestoneOutcome = documents.allSatisfy(\.isThere) ? .held : .failed
        // The week's own scenario must pass as a whole: nothing left behind, nothing ended by itself.
        outcome = isSelected ? .together(claims.map(\.outcome) + (own.isEmpty ? [.inconclusive] : own) + [papers]) : .notSelected
    }
}

/// `milestones.json`.
public struct MilestoneResults: Codable, Sendable, Hashable {
    public var format = 1
    public var outcome: MilestoneOutcome
    /// RFC 3339.
    public var startedAt: String
    public var seconds: Double
    public var version: String
    public var kernel: String
    /// What the documents' phase complained about.
    public var complaints: [String]
    /// All thirteen; those that were not asked for say so.
    public var weeks: [WeekResult]

    public init(startedAt: String, seconds: Double, version: String, kernel: String, complaints: [String], weeks: [WeekResult]) {
        self.startedAt = startedAt
        self.seconds = seconds
        self.version = version
        self.kernel = kernel
        self.complaints = complaints
        self.weeks = weeks
        let chosen = weeks.map(\.outcome).filter { $0 != .notSelected }
        outcome = complaints.isEmpty ? .together(chosen) : .failed
    }

    public var held: Int { weeks.count { $0.outcome == .held } }
    public var selected: Int { weeks.count { $0.outcome != .notSelected } }

    /// 0 if all that were chosen hold, 1 if something failed, 2 if something could not be shown.
    public var exitCode: Int32 {
        switch outcome {
        case .held: 0
        case .failed: 1
        case .inconclusive, .notSelected: 2
        }
    }
}
