import Basics
import Testing

@testable import MilestoneModel

/// What of documents, scenarios and programs does not fit together is told, with its place.
@Suite struct DocumentReviewTests {
    @Test func whatIsInOrderIsNotComplainedAbout() {
        #expect(Sample().complaints == [])
        #expect(Sample().review.claims.count == 13)
    }

    @Test func aClaimWithoutACheckIsTold() {
        var sample = Sample()
        sample.catalogue[7].checks[0].claims = ["claim-1"]
        #expect(sample.complaints.count == 1)
        #expect(
            sample.complaints[0].hasPrefix(
                "docs/milestones/week-08.md:12: no check of any scenario answers for the claim claim-8"))
    }

    @Test func aCheckWithoutAClaimIsTold() {
        var sample = Sample()
        sample.catalogue[7].checks.append(
            ClaimedCheck(scenario: "week-08", id: "other", claims: [], place: Place(file: "Scenarios/week-08.json", line: 9)))
        #expect(sample.complaints == ["Scenarios/week-08.json:9: the check other of a week's scenario answers for no claim"])
        // Outside the weeks a check may be about something that no week claims.
        sample.catalogue[7].checks.removeLast()
        sample.catalogue.append(
            ClaimedScenario(
                name: "other", file: "Scenarios/other.json", milestones: [],
                checks: [
                    ClaimedCheck(scenario: "other", id: "c", claims: [], place: Place(file: "Scenarios/other.json", line: 9))
                ]))
        #expect(sample.complaints == [])
    }

    @Test func aClaimThatNoDocumentStatesIsTold() {
        var sample = Sample()
        sample.catalogue[2].checks[0].claims.append("claim-l")
        #expect(
            sample.complaints == [
                "Scenarios/week-03.json:5: the check check names the claim \"claim-l\", which no document states. Did you mean \"claim-1\"?"
            ])
    }

    @Test(arguments: ["docs/scope.md", "docs/failure.md", "docs/observed.md", "docs/milestones/week-09.md"])
    func aMissingDocumentIsTold(path: String) {
        var sample = Sample()
        sample.texts[path] = nil
        #expect(sample.complaints.contains { $0.hasPrefix("\(path):1: there is no such") }, "\(sample.complaints)")
    }

    @Test func aMissingSectionIsTold() {
        var sample = Sample()
        sample.texts["docs/scope.md"] = sample.texts["docs/scope.md"]?.replacing("## non goals", with: "## goals")
        #expect(sample.complaints == ["docs/scope.md:1: there is no section #non-goals in it: week 1 owes it"])
        #expect(!sample.review.has("docs/scope.md#non-goals") && sample.review.has("docs/scope.md#assumptions"))
    }

    @Test func aDocumentThatThePageDoesNotLeadToIsTold() {
        var sample = Sample()
        sample.texts["docs/milestones/week-05.md"] = sample.texts["docs/milestones/week-05.md"]?
            .replacing("[it](../changes.md)", with: "")
        #expect(
            sample.complaints == ["docs/milestones/week-05.md:1: the page does not link to docs/changes.md, which the week owes"])
    }

    @Test func linksThatLeadNowhereAreTold() {
        var sample = Sample()
        sample.texts["docs/api.md", default: ""] +=
            "[a](failure.md#nothing) [b](gone.md) [c](#nor-here) [d](../Scenarios/week-01.json) [e](https://example.org) `[f](code.md)`\n"
        #expect(
            sample.complaints == [
                "docs/api.md:2: the link leads to docs/api.md#nor-here, and there is no such section",
                "docs/api.md:2: the link leads to docs/failure.md#nothing, and there is no such section",
                "docs/api.md:2: the link leads to docs/gone.md, which does not exist",
            ])
    }

    @Test func aChangedDefaultIsTold() {
        var sample = Sample()
        sample.defaults["coordinator.suspect-after"] = ProgramDefault("suspect-after", .seconds(4), "silence")
        #expect(sample.complaints == ["docs/liveness.md:2: it says 3 s where the program has 4s (coordinator.suspect-after)"])
        sample.defaults["coordinator.suspect-after"] = nil
        sample.defaults["coordinator.suspect"] = ProgramDefault("suspect", .seconds(3), "silence")
        #expect(
            sample.complaints.contains { $0.hasPrefix("docs/liveness.md:2: no program has a default") }, "\(sample.complaints)")
        #expect(sample.complaints.contains { $0.contains("no document states coordinator.suspect, which is 3s (silence)") })
    }

    @Test func aClaimThatIsStatedTwiceOrNowhereExplainedIsTold() {
        var sample = Sample()
        sample.texts["docs/milestones/week-02.md"] = sample.texts["docs/milestones/week-02.md"]?.replacing(
            "claim-2", with: "claim-1")
        let complaints = sample.complaints
        #expect(
            complaints.contains(
                "docs/milestones/week-02.md:12: the claim claim-1 is stated already, at docs/milestones/week-01.md:12"))
        var silent = Sample()
        silent.texts["docs/scope.md"] = silent.texts["docs/scope.md"]?.replacing("[c](milestones/week-04.md#claim-4)", with: "")
        #expect(silent.complaints.count == 1 && silent.complaints[0].contains("links to the claim claim-4"))
    }

    @Test func aMissingScenarioOfAWeekIsTold() {
        var sample = Sample()
        sample.catalogue.removeLast()
        #expect(sample.complaints.contains { $0.hasPrefix("Scenarios/week-13.json:1: there is no such scenario") })
    }

    @Test func anExcerptOfWhatNobodyLogsIsTold() {
        var sample = Sample()
        let excerpt =
            "<!-- log: week-08 a..b peer-removed -->\n\n```\n  1.000 ash/agent peer-removed peer=b\n```\n\n<!-- end of log -->\n"
        sample.texts["docs/observed.md", default: ""] += excerpt
        #expect(sample.complaints == [])
        sample.texts["docs/observed.md", default: ""] += excerpt.replacing("agent peer-removed", with: "agent peer-gone")
        #expect(sample.complaints.count == 1 && sample.complaints[0].contains("docs/logging.md knows no event \"peer-gone\""))
        sample.texts["docs/observed.md"] = "# A document\n" + excerpt.replacing("week-08", with: "week-99")
        #expect(sample.complaints == ["docs/observed.md:2: the excerpt is from week-99, and there is no such scenario"])
        #expect(sample.review.complaints(withExcerpts: false).isEmpty)
    }
}
