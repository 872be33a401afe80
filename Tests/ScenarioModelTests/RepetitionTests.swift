import Testing

@testable import ScenarioModel

@Suite struct RepetitionTests {
    @Test func idsAndReferencesInTheBodyFollow() throws {
        let scenario = try read(
            scenarioText(
                """
                {"id": "up", "start": "all"},
                {"repeat": 2, "steps": [
                  {"always": {"ping": "all"}, "until": "over"},
                  {"id": "cut", "partition": {"name": "p", "isolate": {"one": "all", "as": "v"}}},
                  {"repeat": 2, "steps": [{"id": "in", "crash": "$v"}, {"id": "seen", "eventually": {"ping": "all"}, "within": "1s", "since": "cut"}]},
                  {"heal": "p"},
                  {"mark": "over"},
                  {"eventually": {"ping": "all"}, "within": "1s", "since": "up"}
                ]},
                {"eventually": {"ping": "all"}, "within": "1s", "since": "seen-2-1"}
                """))
        #expect(
            scenario.steps.map(\.id) == [
                "up", "always-1", "cut-1", "in-1-1", "seen-1-1", "in-1-2", "seen-1-2", "heal-1", "over-1", "eventually-3",
                "always-2", "cut-2", "in-2-1", "seen-2-1", "in-2-2", "seen-2-2", "heal-2", "over-2", "eventually-6",
                "eventually-7",
            ])
        let modes = scenario.steps.compactMap { step -> Check.Mode? in
            if case .check(let check) = step.kind { check.mode } else { nil }
        }
        #expect(modes[0] == .lastingUntil(expected: true, mark: "over-1"))
        #expect(modes[1] == .eventually(within: .seconds(1), since: "cut-1"))
        #expect(modes[3] == .eventually(within: .seconds(1), since: "up"))
        #expect(modes[4] == .lastingUntil(expected: true, mark: "over-2"))
        #expect(modes.last == .eventually(within: .seconds(1), since: "seen-2-1"))
    }

    @Test func eachTurnChoosesAnew() throws {
        let scenario = try read(scenarioText(#"{"repeat": 30, "steps": [{"crash": {"one": "all"}}]}"#))
        #expect(scenario.steps.count == 30)
        #expect(Set(scenario.actions).count == 3)
    }

    @Test func theLimitCountsWrittenOutSteps() throws {
        let body = #"{"repeat": 100, "steps": [{"crash": "ash"}]}"#
        #expect(try read(scenarioText("{\"repeat\": 100, \"steps\": [\(body)]}")).steps.count == 10_000)
        #expect(message(scenarioText("{\"repeat\": 101, \"steps\": [\(body)]}")).contains("more than 10000 steps"))
        let deep = (0..<8).reduce(body) { body, _ in "{\"repeat\": 10000, \"steps\": [\(body)]}" }
        #expect(message(scenarioText(deep)).contains("more than 10000 steps"))
    }

    @Test func aFaultThatIsNotHealedInTheBodyIsRefused() {
        #expect(
            message(scenarioText(#"{"repeat": 2, "steps": [{"partition": {"name": "p", "halves": "all"}}]}"#)).contains(
                "not healed yet"))
    }
}
