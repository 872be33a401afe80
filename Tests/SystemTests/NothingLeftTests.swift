import Basics
import Glibc
import LinuxProcess
import Testing
import Timing

/// Whatever ends a run, nothing of it stays.
@Suite(.serialized) struct NothingLeftTests {
    /// Waits until nothing is left, at most for the limit.
    private func leftovers(_ footprint: Footprint, within limit: Duration) async throws -> [String] {
        let deadline = MonotonicTime.now + limit
        while !footprint.remains().isEmpty, MonotonicTime.now < deadline { try await Task.sleep(for: .milliseconds(10)) }
        return footprint.remains()
    }

    @Test(.timeLimit(.minutes(5)), arguments: ["start coordinator", "start all machines", "mesh-forms", "power off"])
    func killNineInMidRunLeavesNothing(moment: String) async throws {
        let before = try Footprint.surroundings()
        let lab = try LabProcess(["run", LabProcess.scenario("failure"), "--output", "{output}"])
        try await lab.waitFor(moment)
        let footprint = Footprint(below: lab.process.pid)
        #expect(!footprint.processes.isEmpty && !footprint.networkNamespaces.isEmpty)
        lab.process.signal(SIGKILL)
        let left = try await leftovers(footprint, within: .seconds(1))
        #expect(left.isEmpty, "1 s after kill -9 at \"\(moment)\": \(left)")
        #expect(try Footprint.surroundings() == before)
    }

    /// The signal comes before the lab inside the namespaces is ready for it, and counts all the same.
    @Test(.timeLimit(.minutes(5)), arguments: [20, 40, 80]) func askingARunToEndAtOnceCounts(milliseconds: Int) async throws {
        let lab = try LabProcess(["run", LabProcess.scenario("failure"), "--output", "{output}"])
        usleep(UInt32(milliseconds) * 1_000)
        lab.process.signal(SIGTERM)
        let status = await lab.finish(within: .seconds(5))
        #expect(status == .exited(130) || status == .signaled(SIGTERM), "\(lab.terminal)")
    }

    @Test(.timeLimit(.minutes(5)), arguments: [SIGINT, SIGTERM])
    func askingARunToEndGivesAReportAndLeavesNothing(signal: Int32) async throws {
        let lab = try LabProcess(["run", LabProcess.scenario("failure"), "--output", "{output}"])
        try await lab.waitFor("mesh-forms")
        let footprint = Footprint(below: lab.process.pid)
        lab.process.signal(signal)
        let status = await lab.finish(within: .seconds(20))
        #expect(status == .exited(130), "\(lab.terminal)")
        let report = try lab.report()
        let reason = "interrupted by \(signal == SIGINT ? "SIGINT" : "SIGTERM")"
        #expect(report.error == reason && report.outcome != .pass, "\(lab.terminal)")
        #expect(try await leftovers(footprint, within: .seconds(1)).isEmpty)
    }

    /// In the middle of what takes time by its nature: a check that lasts, one that stays, the end's recovery.
    @Test(.timeLimit(.minutes(5)), arguments: ["last", "stays", "recovery"])
    func aRequestToEndIsHeardWhereverTheRunIs(place: String) async throws {
        let fixture = "\(LabProcess.home)/Tests/SystemTests/Fixtures/long-waits.json"
        let lab = try LabProcess(["run", fixture, "--set", "\(place)=50s", "--output", "{output}"])
        try await lab.waitFor(place == "recovery" ? "heal all" : place == "last" ? "stays " : "answers ")
        usleep(300_000)
        lab.process.signal(SIGINT)
        #expect(await lab.finish(within: .seconds(10)) == .exited(130), "\(lab.terminal)")
        let report = try lab.report()
        #expect(report.outcome == .error && report.error == "interrupted by SIGINT", "\(lab.terminal)")
        #expect(!report.checks.contains { $0.outcome == .fail }, "\(lab.terminal)")
    }

    /// A result that cannot be written is none.
    @Test(.timeLimit(.minutes(2))) func aRunWhoseReportCannotBeWrittenDoesNotPass() async throws {
        let lab = try LabProcess(
            [
                "-c",
                """
                mkdir -p "$0/small" && mount -t tmpfs -o size=64k tmpfs "$0/small" && \
                exec "$1" run "$2" --output "$0/small/evidence"
                """,
                "{output}", "\(LabProcess.programs)/lab", LabProcess.scenario("partition"),
            ], wrapper: ["/usr/bin/unshare", "-m", "/bin/sh"], isLab: false)
        let status = await lab.finish(within: .seconds(100))
        #expect(status == .exited(3), "\(lab.terminal)")
        #expect(lab.terminal.contains("ERROR"), "\(lab.terminal)")
    }
}
