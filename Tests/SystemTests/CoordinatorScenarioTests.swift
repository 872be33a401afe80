import LabReport
import Testing

/// The coordinator in trouble, under a live mesh.
@Suite(.serialized) struct CoordinatorScenarioTests {
    @Test(
        .timeLimit(.minutes(3)),
        arguments: [
            "lost", "small-pool", "disk-full", "old-database", "token-expired", "stolen-key",
        ])
    func holds(scenario: String) async throws {
        let lab = try LabProcess(["run", LabProcess.scenario("coordinator/\(scenario)"), "--output", "{output}"])
        #expect(await lab.finish() == .exited(0), "\(lab.terminal)")
        #expect(try lab.report().checks.allSatisfy { $0.outcome == .pass })
    }
}
