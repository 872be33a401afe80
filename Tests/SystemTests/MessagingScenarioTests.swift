import LabReport
import Testing

/// Messages under load while messengers are killed and the network is cut: every one is accounted for.
@Suite(.serialized) struct MessagingScenarioTests {
    @Test(.timeLimit(.minutes(5)), arguments: ["kills", "partitions", "boundary"])
    func holds(scenario: String) async throws {
        let lab = try LabProcess(["run", LabProcess.scenario("messaging/\(scenario)"), "--output", "{output}"])
        #expect(await lab.finish(within: .seconds(240)) == .exited(0), "\(lab.terminal)")
        #expect(try lab.report().checks.allSatisfy { $0.outcome == .pass })
    }
}
