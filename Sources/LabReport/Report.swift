import FoundationEssentials

/// `report.json`: what a run was, where it took place, and how it came out.
public struct Report: Codable, Sendable, Hashable {
    /// The version of this format: 2. A report of format 1 reads too; what it does not hold is empty.
    public var format = 2
    public var scenario: String
    public var title: String
    /// The scenario's file as the user named it.
    public var file: String?
    public var outcome: Outcome
    /// Why the outcome is `error`.
    public var error: String?
    public var seed: UInt64
    /// Which of several runs with the same file this is, from 1.
    public var repetition: Int
    /// The scenario's parameters as they were in this run.
    public var parameters: [String: String]
    /// When the run began, RFC 3339 in UTC, with microseconds (`WallTime.text`): log lines are placed by it.
    public var startedAt: String
    /// The whole run, setting up and taking down included.
    public var seconds: Double
    public var environment: Environment
    /// In the order of the scenario; the coordinator's among them.
    public var machines: [Machine]
    public var checks: [CheckResult]
    /// What each service cost.
    public var resources: [Resources]
    /// Every step and what else happened, in order, in short; `events.jsonl` has the whole.
    public var events: [Event]

    public init(
        scenario: String, title: String, outcome: Outcome, error: String?, seed: UInt64, startedAt: String, seconds: Double,
        environment: Environment, checks: [CheckResult], events: [Event], file: String? = nil, repetition: Int = 1,
        parameters: [String: String] = [:], machines: [Machine] = [], resources: [Resources] = []
    ) {
        self.scenario = scenario
        self.title = title
        self.file = file
        self.outcome = outcome
        self.error = error
        self.seed = seed
        self.repetition = repetition
        self.parameters = parameters
        self.startedAt = startedAt
        self.seconds = seconds
        self.environment = environment
        self.machines = machines
        self.checks = checks
        self.resources = resources
        self.events = events
    }

    /// Reads format 1 too, and reports of later formats as far as they hold what this one does.
    public init(from decoder: any Decoder) throws {
        let box = try decoder.container(keyedBy: CodingKeys.self)
        format = try box.decodeIfPresent(Int.self, forKey: .format) ?? 1
        scenario = try box.decode(String.self, forKey: .scenario)
        title = try box.decodeIfPresent(String.self, forKey: .title) ?? ""
        file = try box.decodeIfPresent(String.self, forKey: .file)
        outcome = try box.decode(Outcome.self, forKey: .outcome)
        error = try box.decodeIfPresent(String.self, forKey: .error)
        seed = try box.decode(UInt64.self, forKey: .seed)
        repetition = try box.decodeIfPresent(Int.self, forKey: .repetition) ?? 1
        parameters = try box.decodeIfPresent([String: String].self, forKey: .parameters) ?? [:]
        startedAt = try box.decode(String.self, forKey: .startedAt)
        seconds = try box.decode(Double.self, forKey: .seconds)
        environment = try box.decode(Environment.self, forKey: .environment)
        machines = try box.decodeIfPresent([Machine].self, forKey: .machines) ?? []
        checks = try box.decode([CheckResult].self, forKey: .checks)
        resources = try box.decodeIfPresent([Resources].self, forKey: .resources) ?? []
        events = try box.decodeIfPresent([Event].self, forKey: .events) ?? []
    }

    /// Something that happened.
    public struct Event: Codable, Sendable, Hashable {
        /// Seconds since the run began.
        public var at: Double
        public var what: String

        public init(at: Double, what: String) {
            self.at = at
            self.what = what
        }
    }

    /// What all checks together amount to.
    public static func outcome(of checks: [CheckResult]) -> Outcome {
        let outcomes = Set(checks.map(\.outcome))
        if outcomes.contains(.fail) { return .fail }
        if outcomes.contains(.inconclusive) || outcomes.contains(.skipped) { return .inconclusive }
        return .pass
    }

    /// 0 pass, 1 a check failed, 2 inconclusive, 3 the environment failed, 4 skipped.
    public var exitCode: Int32 {
        switch outcome {
        case .pass: 0
        case .fail: 1
        case .inconclusive: 2
        case .error: 3
        case .skipped: 4
        }
    }
}
