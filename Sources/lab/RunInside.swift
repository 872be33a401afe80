import ArgumentParser
import Basics
import CommandSupport
import Glibc
import LabCore
import LinuxProcess
import ScenarioModel
import Timing

/// What `lab run` starts inside private namespaces, as PID 1 of them. Not for people.
struct RunInside: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "run-inside", shouldDisplay: false)

    @Argument var scenario: String
    @Option var output: String
    @Option var seed: UInt64?

    func run() async throws {
        let start = MonotonicTime.now
        guard getpid() == 1 else { throw Failure.report(CodedError("usage", "run-inside is for \"lab run\" only"), 64) }
        var scenario = try Failure.orExit(64) { try ScenarioFile.read(self.scenario) }
        if let seed { scenario.seed = seed }
        let interruption = OneShot<String>()
        CaughtSignals.listen { interruption.set("SIG\(StepSignal.name(of: $0))") }
        Self.raiseFileLimit()
        do {
            let programs = try Programs.find(in: ProgramFolder.path)
            let run = try ScenarioRun(scenario: scenario, programs: programs, folder: output, start: start)
            let report = try await run.run(interruption: interruption)
            if report.exitCode != 0 { throw ExitCode(interruption.current == nil ? report.exitCode : 130) }
        } catch let code as ExitCode {
            throw code
        } catch {
            throw Failure.report(error, 3)
        }
    }

    /// A machine costs about ten descriptors; the usual soft limit of 1,024 is for programs that use select(2).
    private static func raiseFileLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
