/// `junit.xml`: one test suite a run, one test case a check, for the machines that read test results.
///
/// A check that failed is a failure. One that could show nothing is an error of the type `inconclusive`: it must not turn
/// green. What was not carried out is skipped. If the run itself broke, a test case `run` has the error.
public enum JUnit {
    /// The document's bytes.
    public static func document(_ report: Report) -> [UInt8] {
        let cases = report.checks.map { testCase($0, scenario: report.scenario) } + brokenRun(report)
        func count(_ outcomes: Outcome...) -> Int { report.checks.count { outcomes.contains($0.outcome) } }
        let errors = count(.inconclusive, .error) + (report.error == nil ? 0 : 1)
        let totals = attributes([
            ("tests", "\(cases.count)"), ("failures", "\(count(.fail))"), ("errors", "\(errors)"),
            ("skipped", "\(count(.skipped))"), ("time", "\(report.seconds)"),
        ])
        let suite = attributes([("name", report.scenario)]) + totals + attributes([("timestamp", report.startedAt)])
        let lines =
            [
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<testsuites name=\"lab\"\(totals)>", "  <testsuite\(suite)>",
                "    <properties>",
            ] + properties(report).map { "      <property\(attributes([("name", $0.0), ("value", $0.1)]))/>" }
            + ["    </properties>"] + cases + ["  </testsuite>", "</testsuites>", ""]
        return Array(lines.joined(separator: "\n").utf8)
    }

    private static func attributes(_ pairs: [(String, String)]) -> String {
        pairs.map { " \($0.0)=\"\(Markup.xml($0.1))\"" }.joined()
    }

    private static func properties(_ report: Report) -> [(String, String)] {
        let environment = report.environment
        return [
            ("outcome", report.outcome.rawValue), ("seed", "\(report.seed)"), ("repetition", "\(report.repetition)"),
            ("file", report.file ?? ""), ("kernel", environment.kernel), ("backend", environment.backend),
            ("substrate", environment.substrate), ("rootless", "\(environment.rootless)"), ("version", environment.version),
        ] + report.parameters.sorted { $0.key < $1.key }.map { ("parameter.\($0.key)", $0.value) }
    }

    private static func testCase(_ check: Report.CheckResult, scenario: String) -> String {
        let head = attributes([
            ("classname", scenario), ("name", check.title.isEmpty ? check.id : "\(check.id): \(check.title)"),
            ("time", "\(check.seconds)"),
        ])
        let message = attributes([("message", check.detail)])
        let verdict: String? =
            switch check.outcome {
            case .pass: nil
            case .fail: "<failure\(message) type=\"\(Markup.xml(check.kind.isEmpty ? "check" : check.kind))\"/>"
            case .inconclusive: "<error\(message) type=\"inconclusive\"/>"
            case .error: "<error\(message) type=\"error\"/>"
            case .skipped: "<skipped\(message)/>"
            }
        let body = [ids(check), verdict, "<system-out>\(Markup.xml(seen(check)))</system-out>"].compactMap(\.self)
        return (["    <testcase\(head)>"] + body.map { "      \($0)" } + ["    </testcase>"]).joined(separator: "\n")
    }

    private static func ids(_ check: Report.CheckResult) -> String? {
        let pairs = check.milestones.map { ("milestone", "\($0)") } + check.claims.map { ("claim", $0) }
        guard !pairs.isEmpty else { return nil }
        let list = pairs.map { "<property\(attributes([("name", $0.0), ("value", $0.1)]))/>" }.joined()
        return "<properties>\(list)</properties>"
    }

    private static func seen(_ check: Report.CheckResult) -> String {
        let bound = check.bound.map { " of \($0) s" } ?? ""
        let since = check.since.map { " since \($0)" } ?? ""
        return "\(check.seconds) s\(bound)\(since): \(check.detail)"
    }

    private static func brokenRun(_ report: Report) -> [String] {
        guard let error = report.error else { return [] }
        let head = attributes([("classname", report.scenario), ("name", "run"), ("time", "\(report.seconds)")])
        return ["    <testcase\(head)>\n      <error\(attributes([("message", error)])) type=\"error\"/>\n    </testcase>"]
    }
}
