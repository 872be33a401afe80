import LabReport
import Testing

/// The agent as its user has it.
@Suite(.serialized) struct AgentUseTests {
    @Test(.timeLimit(.minutes(3)), arguments: ["leave", "names", "using"])
    func holds(scenario: String) async throws {
        let lab = try LabProcess(["run", LabProcess.scenario("agent/\(scenario)"), "--output", "{output}"])
        #expect(await lab.finish() == .exited(0), "\(lab.terminal)")
        #expect(try lab.report().checks.allSatisfy { $0.outcome == .pass })
    }
}
