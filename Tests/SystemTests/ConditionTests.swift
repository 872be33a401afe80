import LabReport
import Testing

/// Every condition of the language, seen true, seen false, and blind. The ids of the checks in the fixtures end with what they must come
/// to: `-yes`, `-no`, `-blind`.
@Suite(.serialized) struct ConditionTests {
    /// Complains about every check that came to something else than its id says.
    private func expectAsNamed(_ run: FixtureRun, atLeast count: Int) {
        let words: [(suffix: String, outcome: Outcome)] = [("-yes", .pass), ("-no", .fail), ("-blind", .inconclusive)]
        var seen = 0
        for check in run.report.checks {
            guard let word = words.first(where: { check.id.hasSuffix($0.suffix) }) else { continue }
            seen += 1
            #expect(check.outcome == word.outcome, "\(check.id): \(check.detail)")
        }
        #expect(seen >= count, "\(run.terminal)")
        #expect(run.status == .exited(1) && run.report.error == nil, "\(run.terminal)")
    }

    @Test(.timeLimit(.minutes(2))) func conditionsOfAnySystem() async throws {
        let run = try await FixtureRun.run("conditions-plain")
        expectAsNamed(run, atLeast: 45)
        #expect(run.outcomes["recovery"] == .pass, "\(run.detail("recovery"))")
        #expect(run.outcomes["clean-stop"] == .pass, "\(run.detail("clean-stop"))")
    }

    @Test(.timeLimit(.minutes(2))) func conditionsThatLookIntoWarren() async throws {
        let run = try await FixtureRun.run("conditions-mesh")
        expectAsNamed(run, atLeast: 37)
        #expect(run.outcomes["recovery"] == .pass, "\(run.detail("recovery"))")
    }

    /// Without a tunnel the canary is found, or the checks that do not find it would mean nothing.
    @Test(.timeLimit(.minutes(1))) func withoutATunnelTheCanaryIsFound() async throws {
        let run = try await FixtureRun.run("plain")
        #expect(run.outcomes["found-in-clear"] == .pass, "\(run.detail("found-in-clear"))")
        #expect(run.outcomes["not-encrypted"] == .fail, "\(run.detail("not-encrypted"))")
        #expect(run.outcomes["never-clear"] == .fail, "\(run.detail("never-clear"))")
        #expect(run.outcomes["no-path-to-speak-of"] == .inconclusive, "\(run.detail("no-path-to-speak-of"))")
    }

    /// All faults are healed at the end, and what runs must come together; what the lab has not broken it does not mend.
    @Test(.timeLimit(.minutes(1))) func recoveryHoldsAndFails() async throws {
        let good = try await FixtureRun.run("recovery-fails", ["state=up"])
        #expect(good.status == .exited(0) && good.outcomes["recovery"] == .pass, "\(good.terminal)")
        let bad = try await FixtureRun.run("recovery-fails")
        #expect(bad.status == .exited(1), "\(bad.terminal)")
        #expect(bad.ids(.fail) == ["recovery"], "\(bad.terminal)")
    }

    /// Each of these once passed although it had seen nothing.
    @Test(.timeLimit(.minutes(1))) func whatOnlySeemsToLookDoesNotPass() async throws {
        let run = try await FixtureRun.run("blind-late")
        let blind = run.report.checks.filter { $0.id.hasSuffix("-blind") }
        #expect(blind.count == 6, "\(run.terminal)")
        for check in blind { #expect(check.outcome == .inconclusive, "\(check.id): \(check.detail)") }
        #expect(run.outcomes["mesh-forms"] == .pass, "\(run.terminal)")
        #expect(run.status == .exited(2), "\(run.terminal)")
    }
}
