extension Report {
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
        /// Seconds since the run began, when the check itself began.
        public var at: Double
        /// Seconds since the run began, when it ended; nil: `seconds` after `at`.
        public var end: Double?
        /// Which step of the scenario it is, from 1; nil for one that the lab adds.
        public var step: Int?
        /// `eventually`, `never`, `always`, `stays`, `invariant` or `built-in`; empty in reports of format 1.
        public var kind: String
        /// The machines that it looked at, or probed between.
        public var machines: [String]
        /// The milestones that it answers for.
        public var milestones: [Int]
        /// The claims that it answers for.
        public var claims: [String]

        public init(
            id: String, title: String, outcome: Outcome, seconds: Double, bound: Double?, detail: String, since: String? = nil,
            at: Double = 0, end: Double? = nil, step: Int? = nil, kind: String = "", machines: [String] = [],
            milestones: [Int] = [], claims: [String] = []
        ) {
            self.id = id
            self.title = title
            self.outcome = outcome
            self.seconds = (seconds * 10_000).rounded() / 10_000
            self.bound = bound
            self.detail = detail
            self.since = since
            self.at = at
            self.end = end
            self.step = step
            self.kind = kind
            self.machines = machines
            self.milestones = milestones
            self.claims = claims
        }

        /// Reads format 1 too.
        public init(from decoder: any Decoder) throws {
            let box = try decoder.container(keyedBy: CodingKeys.self)
            id = try box.decode(String.self, forKey: .id)
            title = try box.decodeIfPresent(String.self, forKey: .title) ?? ""
            outcome = try box.decode(Outcome.self, forKey: .outcome)
            seconds = try box.decode(Double.self, forKey: .seconds)
            bound = try box.decodeIfPresent(Double.self, forKey: .bound)
            detail = try box.decodeIfPresent(String.self, forKey: .detail) ?? ""
            since = try box.decodeIfPresent(String.self, forKey: .since)
            at = try box.decodeIfPresent(Double.self, forKey: .at) ?? 0
            end = try box.decodeIfPresent(Double.self, forKey: .end)
            step = try box.decodeIfPresent(Int.self, forKey: .step)
            kind = try box.decodeIfPresent(String.self, forKey: .kind) ?? ""
            machines = try box.decodeIfPresent([String].self, forKey: .machines) ?? []
            milestones = try box.decodeIfPresent([Int].self, forKey: .milestones) ?? []
            claims = try box.decodeIfPresent([String].self, forKey: .claims) ?? []
        }
    }
}
