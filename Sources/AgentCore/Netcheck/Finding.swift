/// What a look at one thing has shown.
public struct Finding: Codable, Sendable, Hashable {
    /// How it is.
    public enum Verdict: String, Codable, Sendable {
        case ok = "OK"
        /// It works, but not as well as it could.
        case warn = "WARN"
        /// Something does not work.
        case fail = "FAIL"
    }

    /// What was looked at: a stable word.
    public var check: String
    public var verdict: Verdict
    /// For people.
    public var found: String
    /// What to do next; nil if there is nothing to do.
    public var advice: String?

    public init(_ check: String, _ verdict: Verdict, _ found: String, advice: String? = nil) {
        self.check = check
        self.verdict = verdict
        self.found = found
        self.advice = advice
    }
}
