import Basics
import LabReport
import Glibc
import LabCore
import Testing

/// The catalogue, run for real. One after the other: bounds in seconds deserve a machine of their own.
@Suite(.serialized) struct ScenarioTests {
    @Test(.timeLimit(.minutes(5))) func failureScenarioHolds() async throws {
        let lab = try LabProcess(["run", LabProcess.scenario("failure"), "--output", "{output}"])
        let status = await lab.finish()
        #expect(status == .exited(0), "\(lab.terminal)")
        let report = try lab.report()
        #expect(report.outcome == .pass)
        #expect(report.checks.allSatisfy { $0.outcome == .pass })
        #expect(report.checks.allSatisfy { check in check.bound.map { check.seconds <= $0 + 0.5 } ?? true })
        let ids = Set(report.checks.map(\.id))
        let promised: Set = [
            "silence-before", "mesh-forms", "messages-flow", "survivors-lose-nothing", "death-noticed", "peer-dropped",
            "message-to-the-dead-fails", "survivors-reach-each-other", "mesh-whole-again", "same-identity", "messages-flow-again",
            "no-unexpected-end", "clean-stop",
        ]
        #expect(promised.isSubset(of: ids))
        for log in ["coordinator/coordinator", "ash/agent", "cedar/messenger"] {
            #expect(access("\(lab.output)/logs/\(log).log", R_OK) == 0, "no log of \(log)")
        }
    }

    @Test(.timeLimit(.minutes(5))) func twoRunsAtOnceDoNotDisturbEachOther() async throws {
        let first = try LabProcess(["run", LabProcess.scenario("partition"), "--output", "{output}"])
        let second = try LabProcess(["run", LabProcess.scenario("partition"), "--output", "{output}"])
        #expect(await first.finish() == .exited(0), "\(first.terminal)")
        #expect(await second.finish() == .exited(0), "\(second.terminal)")
    }

    /// A check that cannot fail is a defect: this one must.
    @Test(.timeLimit(.minutes(5))) func aFalseExpectationTurnsTheRunRed() async throws {
        let lab = try LabProcess([
            "run", "\(LabProcess.home)/Tests/SystemTests/Fixtures/false-expectation.json", "--output", "{output}",
        ])
        #expect(await lab.finish() == .exited(1), "\(lab.terminal)")
        let outcomes = Dictionary(uniqueKeysWithValues: try lab.report().checks.map { ($0.id, $0.outcome) })
        #expect(outcomes["mesh-forms"] == .pass)
        #expect(outcomes["never-pings"] == .fail)
        #expect(outcomes["peer-vanishes"] == .fail)
        #expect(outcomes["message-fails"] == .fail)
        #expect(outcomes["machine-is-dead"] == .fail)
        #expect(outcomes["no-unexpected-end"] == .pass)
    }

    /// Nor may one pass that has seen nothing.
    @Test(.timeLimit(.minutes(5))) func aCheckThatSawNothingDoesNotPass() async throws {
        let lab = try LabProcess([
            "run", "\(LabProcess.home)/Tests/SystemTests/Fixtures/blind-checks.json", "--output", "{output}",
        ])
        #expect(await lab.finish() == .exited(1), "\(lab.terminal)")
        let outcomes = Dictionary(uniqueKeysWithValues: try lab.report().checks.map { ($0.id, $0.outcome) })
        #expect(outcomes["mesh-forms"] == .pass)
        #expect(outcomes["identity-of-strangers"] == .pass, "by then they are known")
        #expect(outcomes["short-watch"] == .fail)
        for id in [
            "ping-from-machines-that-are-off", "identity-without-a-past", "peer-without-an-interface", "coordinator-that-is-off",
            "identity-without-a-coordinator",
        ] {
            #expect(outcomes[id] == .inconclusive, "\(id): \(lab.terminal)")
        }
        #expect(outcomes["clean-stop"] == .pass, "\(lab.terminal)")
    }
}
