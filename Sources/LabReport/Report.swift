import Basics
import FoundationEssentials

/// How a check, or a whole run, came out.
public enum Outcome: String, Codable, Sendable, Hashable {
    case pass
    case fail
    /// The check could not show what it is there to show: a fault did not take effect, or a control had nothing to control.
    case inconclusive
    /// Not carried out, because an earlier step could not be.
    case skipped
    /// The run itself broke: an environment that lacks something, or an interruption.
    case error
}

/// `report.json`.
public struct Report: Codable, Sendable {
    /// The version of this format.
    public var format = 1
    public var scenario: String
    public var title: String
    public var outcome: Outcome
    /// Why the outcome is `error`.
    public var error: String?
    public var seed: UInt64
    /// When the run began, RFC 3339 in UTC.
    public var startedAt: String
    /// The whole run, setting up and taking down included.
    public var seconds: Double
    public var environment: Environment
    public var checks: [CheckResult]
    /// Every step and what else happened, in order.
    public var events: [Event]

    public init(
        scenario: String, title: String, outcome: Outcome, error: String?, seed: UInt64, startedAt: String, seconds: Double,
        environment: Environment, checks: [CheckResult], events: [Event]
    ) {
        self.scenario = scenario
        self.title = title
        self.outcome = outcome
        self.error = error
        self.seed = seed
        self.startedAt = startedAt
        self.seconds = seconds
        self.environment = environment
        self.checks = checks
        self.events = events
    }

    /// Where the run took place.
    public struct Environment: Codable, Sendable, Hashable {
        public var substrate: String
        public var kernel: String
        public var backend: String
        /// Whether the lab ran as an ordinary user, inside a user namespace.
        public var rootless: Bool
        public var version: String

        public init(substrate: String, kernel: String, backend: String, rootless: Bool, version: String) {
            self.substrate = substrate
            self.kernel = kernel
            self.backend = backend
            self.rootless = rootless
            self.version = version
        }
    }

    /// One check.
    public struct CheckResult: Codable, Sendable, Hashable {
        public var id: String
        public var title: String
        public var outcome: Outcome
        /// How long it took, from what it counts from; rounded to a tenth of a millisecond.
        public var seconds: Double
        /// The bound in seconds; for a check that lasts a given time, that time. Absent for one that lasts until a mark or the end.
        public var bound: Double?
        /// What was seen.
        public var detail: String
        /// The step that the time counts from, if not the check's own start.
        public var since: String?

        public init(
            id: String, title: String, outcome: Outcome, seconds: Double, bound: Double?, detail: String, since: String? = nil
        ) {
            self.id = id
            self.title = title
            self.outcome = outcome
            self.seconds = (seconds * 10_000).rounded() / 10_000
            self.bound = bound
            self.detail = detail
            self.since = since
        }
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

    /// 0 pass, 1 a check failed, 2 inconclusive, 3 the environment failed.
    public var exitCode: Int32 {
        switch outcome {
        case .pass: 0
        case .fail: 1
        case .inconclusive, .skipped: 2
        case .error: 3
        }
    }

    /// Writes `report.json` into the folder.
    public func write(to folder: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            try encoder.encode(self).write(to: URL(filePath: "\(folder)/report.json"), options: .atomic)
        } catch {
            throw CodedError("output", "cannot write \(folder)/report.json", cause: error)
        }
    }
}
