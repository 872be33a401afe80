import LabReport
import Testing

/// The agent's data plane in trouble: other hands, kills, a coordinator that is away or wrong.
@Suite(.serialized) struct AgentScenarioTests {
    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            "drift", "thousand-updates", "boot-from-cache", "agent-killed", "machine-killed", "state-damaged", "evidence", "pins",
            "clock-back",
        ])
    func holds(scenario: String) async throws {
        let lab = try LabProcess(["run", LabProcess.scenario("agent/\(scenario)"), "--output", "{output}"])
        #expect(await lab.finish(within: .seconds(240)) == .exited(0), "\(lab.terminal)")
        #expect(try lab.report().checks.allSatisfy { $0.outcome == .pass })
    }
}
