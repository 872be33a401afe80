import MilestoneModel

/// `junit.xml` of all milestones: one test suite a week, one test case a claim, one for the week's documents and one for its scenario as a
/// whole.
///
/// What failed is a failure, what could not be shown an error of the type `inconclusive`. Weeks that nobody asked for are left out.
public enum MilestonesJUnit {
    public static func document(_ results: MilestoneResults) -> [UInt8] {
        let weeks = results.weeks.filter { $0.outcome != .notSelected }.map { week in
            Suite(name: "week \(week.week): \(week.title)", cases: cases(week))
        }
        let suites = (results.complaints.isEmpty ? [] : [Suite(name: "documents", cases: complaints(results))]) + weeks
        let all = suites.flatMap(\.cases)
        var lines = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>"]
        lines.append("<testsuites\(attributes([("name", "milestones")] + totals(all) + [("time", "\(results.seconds)")]))>")
        for suite in suites {
            let seconds = suite.cases.map(\.seconds).reduce(0, +)
            lines.append(
                "  <testsuite\(attributes([("name", suite.name)] + totals(suite.cases) + [("time", "\(seconds)"), ("timestamp", results.startedAt)]))>"
            )
            lines += suite.cases.map { text($0, suite: suite.name) }
            lines.append("  </testsuite>")
        }
        return Array((lines + ["</testsuites>", ""]).joined(separator: "\n").utf8)
    }

    private struct Suite {
        var name: String
        var cases: [Case]
    }

    private struct Case {
        var name: String
        var outcome: MilestoneOutcome
        var seconds: Double
        var seen: String
    }

    private static func cases(_ week: WeekResult) -> [Case] {
        let missing = week.documents.filter { !$0.isThere }.map(\.path)
        let documents = Case(
            name: "documents", outcome: missing.isEmpty ? .held : .failed, seconds: 0,
            seen: missing.isEmpty
                ? week.documents.map(\.path).joined(separator: ", ") : "missing: \(missing.joined(separator: ", "))")
        let claims = week.claims.map { claim in
            Case(
                name: "\(claim.id): \(claim.statement)", outcome: claim.outcome, seconds: claim.leading?.seconds ?? 0,
                seen: claim.evidence.map { "\($0.scenario)/\($0.check) \($0.outcome.rawValue): \($0.detail)" }.joined(
                    separator: "\n"))
        }
        let runs = week.runs.filter { $0.scenario == MilestoneContract.name(of: week.week) }.map { run in
            Case(
                name: "the run of \(run.scenario) as a whole", outcome: run.outcome, seconds: run.seconds,
                seen: (["exit code \(run.exit)"] + run.remarks).joined(separator: "\n"))
        }
        return [documents] + claims + runs
    }

    private static func complaints(_ results: MilestoneResults) -> [Case] {
        results.complaints.map { Case(name: $0, outcome: .failed, seconds: 0, seen: $0) }
    }

    private static func totals(_ cases: [Case]) -> [(String, String)] {
        [
            ("tests", "\(cases.count)"), ("failures", "\(cases.count { $0.outcome == .failed })"),
            ("errors", "\(cases.count { $0.outcome == .inconclusive })"), ("skipped", "0"),
        ]
    }

    private static func attributes(_ pairs: [(String, String)]) -> String {
        pairs.map { " \($0.0)=\"\(Markup.xml($0.1))\"" }.joined()
    }

    private static func text(_ test: Case, suite: String) -> String {
        let head = attributes([("classname", suite), ("name", test.name), ("time", "\(test.seconds)")])
        let message = attributes([("message", test.seen)])
        let verdict: String? =
            switch test.outcome {
            case .held, .notSelected: nil
            case .failed: "      <failure\(message) type=\"claim\"/>"
            case .inconclusive: "      <error\(message) type=\"inconclusive\"/>"
            }
        let body = [verdict, "      <system-out>\(Markup.xml(test.seen))</system-out>"].compactMap(\.self)
        return (["    <testcase\(head)>"] + body + ["    </testcase>"]).joined(separator: "\n")
    }
}
