import LabReport
import Testing

/// Where machines find each other: addresses that change, lead nowhere, or are a gateway's; and how large packets may be.
@Suite(.serialized) struct EndpointScenarioTests {
    @Test(
        .timeLimit(.minutes(3)),
        arguments: ["roam", "roam-both", "dead-address", "ipv6", "nat-symmetric", "mtu", "mtu-ipv6"])
    func holds(scenario: String) async throws {
        let lab = try LabProcess(["run", LabProcess.scenario("agent/\(scenario)"), "--output", "{output}"])
        #expect(await lab.finish() == .exited(0), "\(lab.terminal)")
        #expect(try lab.report().checks.allSatisfy { $0.outcome == .pass })
    }
}
