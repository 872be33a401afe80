/// One thing that the doctor looked at.
public struct Finding: Sendable, Codable, Hashable {
    /// How it is.
    public enum Verdict: String, Sendable, Codable { case ok = "OK", warn = "WARN", fail = "FAIL" }

    /// What was looked at, such as `disk-space`.
    public var check: String
    public var verdict: Verdict
    /// What was found, as a sentence.
    public var found: String
    /// What to do; absent if all is well.
    public var advice: String?

    static func ok(_ check: String, _ found: String) -> Finding { Finding(check: check, verdict: .ok, found: found) }

    static func warn(_ check: String, _ found: String, _ advice: String) -> Finding {
        Finding(check: check, verdict: .warn, found: found, advice: advice)
    }

    static func fail(_ check: String, _ found: String, _ advice: String) -> Finding {
        Finding(check: check, verdict: .fail, found: found, advice: advice)
    }
}
