/// One thing that happened in a run: a line of `events.jsonl`.
public struct TimelineEvent: Sendable, Hashable {
    /// Seconds since the run began.
    public var at: Double
    /// Who says so: `lab`, or `MACHINE/SERVICE` for a line of a service's log.
    public var source: String
    public var kind: Kind
    /// A sentence, or the message of a log line.
    public var text: String
    /// The machines that it is about; for a matrix, its rows and columns in order.
    public var machines: [String]
    /// What else there is to say; `docs/evidence.md` lists the fields of each kind.
    public var fields: [String: String]
    /// Who answered whom; for kind `matrix`.
    public var matrix: MatrixSample?

    public init(
        at: Double, source: String = "lab", kind: Kind, text: String = "", machines: [String] = [],
        fields: [String: String] = [:], matrix: MatrixSample? = nil
    ) {
        self.at = at
        self.source = source
        self.kind = kind
        self.text = text
        self.machines = machines
        self.fields = fields
        self.matrix = matrix
    }

    /// What kind of thing happened. Words that this version does not know survive being read and written.
    public struct Kind: RawRepresentable, Sendable, Hashable, ExpressibleByStringLiteral {
        public var rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }
        public init(stringLiteral value: String) { rawValue = value }

        /// The run came to a step. Fields: `id`, `step` (from 1).
        public static let step: Kind = "step"
        /// A fault begins to act on the machines. Fields: `id` (the same at its end), `fault` (its word), `engine`,
        /// `effect` (`verified`, or `unverified` if it could not be shown that it took effect).
        public static let faultBegin: Kind = "fault-begin"
        /// It is undone. Fields: `id`.
        public static let faultEnd: Kind = "fault-end"
        /// A check ended. Fields: `id`, `outcome`.
        public static let check: Kind = "check"
        /// A machine was switched. Fields: `state` (`on` or `off`).
        public static let power: Kind = "power"
        /// A service changed. Fields: `service`, `state` (`running`, `stopped`, `killed`, `paused` or `ended`).
        public static let service: Kind = "service"
        /// What the coordinator, or who keeps the list, says of a machine. Fields: `state` (`joined`, `alive`, `suspect`,
        /// `unresponsive`, `left`, `removed`).
        public static let membership: Kind = "membership"
        /// A line of a service's log. Fields: `level`, `event`, and the line's own; `time` = `unknown` if the line has none.
        public static let log: Kind = "log"
        /// Who answered whom.
        public static let matrix: Kind = "matrix"
        /// Round-trip times of probes. Fields: `p50`, `p99`, `max` in milliseconds, `count`.
        public static let latency: Kind = "latency"
        /// The list against what is so. Fields: `state` (`false-online`, `false-offline` or `agrees`).
        public static let truth: Kind = "truth"
        /// Anything else that a reader should know.
        public static let note: Kind = "note"
    }
}

/// Who answered whom within one moment.
public struct MatrixSample: Sendable, Hashable {
    /// One row a machine that asks, one character a machine that is asked: `1` answers, `0` silent, `?` not probed or not
    /// known, `x` one of the two is off, `-` itself.
    public var rows: [String]
    /// Round-trip times over all pairs that answered, in milliseconds.
    public var p50: Double?
    public var p99: Double?
    public var max: Double?
    /// Round-trip times pair by pair in milliseconds, in the order of `rows`; left out above 30 machines.
    public var roundTrips: [[Double?]]?

    /// The largest mesh for which `roundTrips` are written.
    public static let largestWithRoundTrips = 30

    public init(
        rows: [String], p50: Double? = nil, p99: Double? = nil, max: Double? = nil, roundTrips: [[Double?]]? = nil
    ) {
        self.rows = rows
        self.p50 = p50
        self.p99 = p99
        self.max = max
        self.roundTrips = roundTrips
    }

    /// A sample from the round-trip times alone; percentiles by the nearest rank.
    ///
    /// - Parameters:
    ///   - states: as in `rows`, one array of characters a machine.
    ///   - roundTrips: milliseconds, nil where there was no answer.
    public init(states: [[Character]], roundTrips: [[Double?]]) {
        let sorted = roundTrips.joined().compactMap(\.self).sorted()
        func rank(_ part: Double) -> Double? {
            sorted.isEmpty ? nil : sorted[Swift.min(sorted.count - 1, Int((part * Double(sorted.count)).rounded(.up)) - 1)]
        }
        self.init(
            rows: states.map { String($0) }, p50: rank(0.5), p99: rank(0.99), max: sorted.last,
            roundTrips: states.count <= Self.largestWithRoundTrips ? roundTrips : nil)
    }
}
