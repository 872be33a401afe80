import Testing

@testable import MilestoneModel

/// How verdicts come about, and what has to run for them.
@Suite struct MilestoneResultsTests {
    private func evidence(_ outcome: MilestoneOutcome, bound: Double? = nil, check: String = "c", isLasting: Bool = false)
        -> ClaimEvidence
    {
        ClaimEvidence(
            scenario: "week-01", check: check, title: "", outcome: outcome, seconds: 1, bound: bound, isLasting: isLasting,
            detail: "",
            place: "week-01/report.html#check-\(check)")
    }

    private func result(_ evidence: [ClaimEvidence]) -> ClaimResult {
        ClaimResult(Claim(id: "a", statement: "It holds.", week: 1, place: Place(file: "p", line: 1)), evidence: evidence)
    }

    @Test func aClaimHoldsOnlyIfEveryCheckPassed() {
        #expect(result([evidence(.held), evidence(.held)]).outcome == .held)
        #expect(result([evidence(.held), evidence(.failed), evidence(.inconclusive)]).outcome == .failed)
        #expect(result([evidence(.held), evidence(.inconclusive)]).outcome == .inconclusive)
        #expect(result([]).outcome == .inconclusive, "nothing was shown")
    }

    @Test func theLeadingCheckSaysTheMost() {
        #expect(result([evidence(.held), evidence(.failed, check: "bad")]).leading?.check == "bad")
        #expect(result([evidence(.held), evidence(.held, bound: 3, check: "bounded")]).leading?.check == "bounded")
        #expect(result([evidence(.held, bound: 1, check: "long", isLasting: true), evidence(.held)]).leading?.check == "long")
        #expect(
            result([evidence(.held, bound: 9), evidence(.held, bound: 2, check: "near"), evidence(.held, bound: 5)]).leading?
                .check == "near")
        #expect(result([]).leading == nil)
    }

    private func week(
        _ claims: [ClaimResult], run: MilestoneOutcome? = .held, documents: Bool = true, isSelected: Bool = true
    ) -> WeekResult {
        WeekResult(
            MilestoneContract.weeks[0], artifact: "It runs.",
            documents: [WeekResult.Document(path: "docs/scope.md", isThere: documents)],
            claims: claims,
            runs: run.map { [ScenarioEvidence(scenario: "week-01", outcome: $0, seconds: 1, exit: 0, place: "week-01")] } ?? [],
            isSelected: isSelected)
    }

    @Test func aWeekHoldsIfClaimsRunAndDocumentsDo() {
        let good = result([evidence(.held)])
        #expect(week([good]).outcome == .held)
        #expect(week([good, result([])]).outcome == .inconclusive)
        #expect(week([good], run: .failed).outcome == .failed, "something was left of the run, say")
        #expect(week([good], run: nil).outcome == .inconclusive)
        #expect(week([good], documents: false).outcome == .failed)
        #expect(week([good], isSelected: false).outcome == .notSelected)
    }

    private func all(_ weeks: [WeekResult], complaints: [String] = []) -> MilestoneResults {
        MilestoneResults(startedAt: "", seconds: 1, version: "", kernel: "", complaints: complaints, weeks: weeks)
    }

    @Test func allHoldOrTheExitCodeSaysNo() {
        let good = week([result([evidence(.held)])])
        let unasked = week([], isSelected: false)
        #expect(all([good, unasked]).exitCode == 0 && all([good, unasked]).held == 1 && all([good, unasked]).selected == 1)
        #expect(all([good, week([result([evidence(.failed)])])]).exitCode == 1)
        #expect(all([good, week([result([])])]).exitCode == 2, "inconclusive is not held")
        #expect(all([good], complaints: ["docs/a.md:1: wrong"]).exitCode == 1)
        #expect(all([]).exitCode == 2)
    }

    private func scenario(_ name: String, _ claims: [String]) -> ClaimedScenario {
        let place = Place(file: "Scenarios/\(name).json", line: 1)
        return ClaimedScenario(
            name: name, file: place.file, milestones: [],
            checks: [ClaimedCheck(scenario: name, id: "c", claims: claims, place: place)])
    }

    @Test func onlyWhatIsNeededRunsAndOnce() {
        let claims = ["a", "b", "c"].map { Claim(id: $0, statement: "It holds.", week: 1, place: Place(file: "p", line: 1)) }
        let catalogue = [
            scenario("big", ["b", "c"]), scenario("none", []), scenario("small", ["b"]), scenario("week-01", ["a"]),
            scenario("week-02", ["a"]),
        ]
        #expect(MilestonePlan(weeks: [1], claims: claims, catalogue: catalogue).scenarios.map(\.name) == ["week-01", "big"])
        #expect(MilestonePlan(weeks: [1, 2], claims: [], catalogue: catalogue).scenarios.map(\.name) == ["week-01", "week-02"])
        // What nobody answers is no reason to run for ever.
        let open = claims + [Claim(id: "d", statement: "", week: 1, place: Place(file: "p", line: 1))]
        #expect(MilestonePlan(weeks: [1], claims: open, catalogue: catalogue).scenarios.count == 2)
    }
}
