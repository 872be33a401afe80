import MilestoneModel
import Testing

@testable import LabReport

/// The page and the JUnit file of all milestones.
@Suite struct MilestonesPageTests {
    private let hostile = "It <b>holds</b> & \"more\"."

    private func results(_ outcome: Outcome) -> MilestoneResults {
        let check = Report.CheckResult(
            id: "seen", title: "t", outcome: outcome, seconds: 1.5, bound: 3, detail: "<script>alert(1)</script>",
            kind: "eventually",
            claims: ["a"])
        let report = Report(
            scenario: "week-01", title: "", outcome: outcome, error: nil, seed: 1, startedAt: "2026-01-31T12:00:00Z", seconds: 4,
            environment: Report.Environment(substrate: "", kernel: "", backend: "", rootless: false, version: ""),
            checks: [check],
            events: [])
        let claim = Claim(id: "a", statement: hostile, week: 1, place: Place(file: "p", line: 1))
        let weeks = MilestoneContract.weeks.map { week in
            let isFirst = week.week == 1
            return WeekResult(
                week, artifact: "It runs.", documents: [WeekResult.Document(path: "docs/scope.md", isThere: true)],
                claims: isFirst ? [ClaimResult(claim, evidence: [ClaimEvidence(check, of: report, folder: "week-01")])] : [],
                runs: isFirst
                    ? [ScenarioEvidence(report, scenario: "week-01", exit: report.exitCode, folder: "week-01")] : [],
                isSelected: isFirst)
        }
        return MilestoneResults(
            startedAt: "2026-01-31T12:00:00.000000Z", seconds: 5, version: "1", kernel: "6", complaints: [], weeks: weeks)
    }

    @Test func thePageShowsClaimsWithTheirEvidenceAndLoadsNothing() {
        let page = String(decoding: MilestonesPage(results(.pass)).document, as: UTF8.self)
        #expect(page.contains("1 of 1 milestones hold"))
        #expect(page.contains("It &lt;b&gt;holds&lt;/b&gt; &amp; &quot;more&quot;."))
        #expect(page.contains("href=\"./week-01/report.html#check-seen\""))
        #expect(page.contains("<b>1.50 s</b> of 3.00 s"))
        #expect(!page.contains("<script") && !page.contains("http://") && !page.contains("https://") && !page.contains("{{"))
        #expect(!page.contains("week-2\""), "weeks that nobody asked for are not on it")
    }

    @Test func whatFailedSaysSoInAWord() {
        let page = String(decoding: MilestonesPage(results(.fail)).document, as: UTF8.self)
        #expect(page.contains("0 of 1 milestones hold") && page.contains("</span> failed</span>"))
        #expect(page.contains("seen (fail): &lt;script&gt;"))
    }

    @Test(arguments: [(Outcome.pass, "0", "0"), (.fail, "2", "0"), (.inconclusive, "0", "2"), (.skipped, "0", "2")])
    func testCasesAreCounted(outcome: Outcome, failures: String, errors: String) {
        let xml = String(decoding: MilestonesJUnit.document(results(outcome)), as: UTF8.self)
        #expect(
            xml.contains("<testsuites name=\"milestones\" tests=\"3\" failures=\"\(failures)\" errors=\"\(errors)\""), "\(xml)")
        #expect(xml.contains("name=\"week 1: bootstrap and scope\"") && !xml.contains("week 2"))
        #expect(!xml.contains("<b>") && !xml.contains("<script>"))
    }

    @Test func whatARunLeftBehindFailsIt() {
        let evidence = ScenarioEvidence(nil, scenario: "week-01", exit: 5, folder: "week-01")
        #expect(evidence.outcome == .failed)
        #expect(evidence.remarks == ["the run wrote no report", "something is left of the run"])
        #expect(ScenarioEvidence(nil, scenario: "week-01", exit: 0, folder: "week-01").outcome == .inconclusive)
        #expect(ScenarioEvidence(nil, scenario: "x", exit: 4, folder: "x", reason: "no TUN").remarks.first == "no TUN")
    }
}
