import Basics
import FoundationEssentials
import Glibc
import LabReport
import LinuxProcess
import Testing

/// Other people's systems through the lab.
@Suite(.serialized) struct PeersTests {
    private static let installed = ["nebula": "nebula", "tinc": "tincd"].filter { findExecutable($0.value) != nil }.keys.sorted()

    /// What every one of the scenarios shows, under the same ids.
    private let promised: Set = [
        "silence-before", "mesh-forms", "survivors-lose-nothing", "dead-is-silent", "death-noticed", "survivors-reach-each-other",
        "mesh-whole-again", "recovery", "no-unexpected-end", "clean-stop",
    ]

    @Test(.timeLimit(.minutes(5)), arguments: installed + ["warren"]) func failureAndRestart(system: String) async throws {
        let lab = try LabProcess(["run", LabProcess.scenario("peers/\(system)"), "--set", "machines=4", "--output", "{output}"])
        #expect(await lab.finish() == .exited(0), "\(lab.terminal)")
        let report = try lab.report()
        #expect(report.checks.allSatisfy { $0.outcome == .pass })
        #expect(promised.isSubset(of: report.checks.map(\.id)))
        let noticed = try #require(report.checks.first { $0.id == "death-noticed" })
        #expect(noticed.seconds > 1, "a machine without power says no goodbye, so that nobody can know at once")
    }

    /// The negative control of every proof that traffic is encrypted.
    @Test(.timeLimit(.minutes(2))) func withoutATunnelTheClearTextIsFound() async throws {
        let lab = try LabProcess(["run", LabProcess.scenario("peers/plain"), "--output", "{output}"])
        #expect(await lab.finish() == .exited(0), "\(lab.terminal)")
        #expect(try lab.report().checks.first { $0.id == "clear-text-is-found" }?.outcome == .pass)
    }

    /// Starts a shell script in a mount namespace where programs are hidden from whoever looks for them.
    private func hiding(_ programs: String...) -> [String] {
        let script = """
            set -e; mount --make-rprivate /; IFS=:
            for folder in $PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin; do
                for program in \(programs.map { "\"$folder/\($0)\"" }.joined(separator: " ")); do
                    [ ! -f "$program" ] || mount --bind /dev/null "$program"
                done
            done
            exec "$@"
            """
        return [findExecutable("unshare") ?? "unshare", "-m", "sh", "-c", script, "sh"]
    }

    @Test(.timeLimit(.minutes(2)), .enabled(if: geteuid() == 0 && findExecutable("unshare") != nil))
    func whatIsNotInstalledIsSkipped() async throws {
        let lab = try LabProcess(
            ["run", LabProcess.scenario("peers/nebula"), "--output", "{output}"], wrapper: hiding("nebula", "nebula-cert"))
        #expect(await lab.finish() == .exited(4), "\(lab.terminal)")
        #expect(lab.terminal.contains("nebula is missing: install with \"apt-get install --no-install-recommends nebula\""))
        let report = try lab.report()
        #expect(report.outcome == .skipped)
        #expect(!report.checks.isEmpty && report.checks.allSatisfy { $0.outcome == .skipped && $0.detail.contains("apt-get") })
    }

    @Test(.timeLimit(.minutes(2)), .enabled(if: geteuid() == 0 && findExecutable("unshare") != nil))
    func whatIsInstalledStillRuns() async throws {
        let idle = "\(LabProcess.home)/Tests/SystemTests/Fixtures/idle.json"
        let lab = try LabProcess(
            ["run", LabProcess.scenario("peers/tinc"), idle, "--output", "{output}"], wrapper: hiding("tincd"))
        #expect(await lab.finish() == .exited(4), "\(lab.terminal)")
        #expect(lab.terminal.contains("1 of 2 runs passed, 1 skipped"), "\(lab.terminal)")
        #expect(access("\(lab.output)/idle/report.json", R_OK) == 0 && access("\(lab.output)/tinc/junit.xml", R_OK) == 0)
    }
}
