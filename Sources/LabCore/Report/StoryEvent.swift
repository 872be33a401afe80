import FoundationEssentials
import LabReport

/// One thing that a run tells while it goes on; a line of `lab run --json`.
public struct StoryEvent: Codable, Sendable, Hashable {
    public enum Kind: String, Codable, Sendable, Hashable {
        /// The run begins. `text` is the scenario's title.
        case start
        /// A step begins, which `text` describes.
        case step
        /// A check with a bound is under way; told when it begins, and every second from then on.
        case waiting
        /// A check came out.
        case check
        /// Something a person should know.
        case note
        /// A run for an audience pauses, until it is told to go on; `text` is the title of what comes, `mark` the mark's id.
        case pause
        /// How the mesh looks, twice a second in a run for an audience.
        case mesh
        /// The run is over.
        case end
    }

    public var event: Kind
    public var scenario: String
    /// Seconds since the run began.
    public var at: Double
    public var text: String?
    public var check: CheckNews?
    public var start: Start?
    public var end: End?
    public var mark: String?
    public var mesh: Mesh?

    /// The machines of a run at one moment.
    public struct Mesh: Codable, Sendable, Hashable {
        public struct Machine: Codable, Sendable, Hashable {
            public var name: String
            public var isOn: Bool
            /// Whether its agent runs, and is not paused.
            public var isUp: Bool
            /// What the coordinator lists it as; nil: it does not.
            public var liveness: String?

            public init(name: String, isOn: Bool, isUp: Bool, liveness: String? = nil) {
                self.name = name
                self.isOn = isOn
                self.isUp = isUp
                self.liveness = liveness
            }
        }

        /// Without the coordinator's.
        public var machines: [Machine]
        /// Who answers whom over the mesh, a row for each who asks: as `MatrixSample.rows`.
        public var rows: [String]
        /// Whether the coordinator runs.
        public var hasCoordinator: Bool
        /// Faults that are on, in words.
        public var faults: [String]

        public init(machines: [Machine], rows: [String], hasCoordinator: Bool = true, faults: [String] = []) {
            self.machines = machines
            self.rows = rows
            self.hasCoordinator = hasCoordinator
            self.faults = faults
        }
    }

    /// What is known at the beginning.
    public struct Start: Codable, Sendable, Hashable {
        public var seed: UInt64
        public var machines: Int
        public var kernel: String
        /// Where the evidence goes.
        public var output: String
    }

    /// A check that waits or came out.
    public struct CheckNews: Codable, Sendable, Hashable {
        public var id: String
        public var title: String
        /// A word of `Outcome`; nil while it waits.
        public var outcome: String?
        /// Seconds that it took, or has waited so far.
        public var seconds: Double
        public var bound: Double?
        public var detail: String?
    }

    /// How the run came out.
    public struct End: Codable, Sendable, Hashable {
        public var outcome: String
        public var passed: Int
        public var checks: Int
        public var seconds: Double
        public var output: String
        /// Why the outcome is `error`.
        public var error: String?
        /// The checks that did not pass.
        public var failed: [CheckNews]
    }

    public init(event: Kind, scenario: String, at: Double, text: String? = nil) {
        self.event = event
        self.scenario = scenario
        self.at = (at * 1_000).rounded() / 1_000
        self.text = text
    }

    /// As one line of JSON, with its end.
    public var line: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts and finite numbers always encode.
        return ((try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}") + "\n"
    }

    /// Reads a line; nil if it is none.
    public init?(line: some StringProtocol) {
        guard let event = try? JSONDecoder().decode(StoryEvent.self, from: Data(line.utf8)) else { return nil }
        self = event
    }
}

extension StoryEvent.CheckNews {
    init(_ result: Report.CheckResult) {
        self.init(
            id: result.id, title: result.title, outcome: result.outcome.rawValue, seconds: result.seconds, bound: result.bound,
            detail: result.detail)
    }
}
