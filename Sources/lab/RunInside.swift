import ArgumentParser
import Basics
import CommandSupport
import Glibc
import LabCore
import LabReport
import LinuxProcess
import ScenarioModel
import Timing

/// What runs inside private namespaces, as PID 1 of them. Not for people.
struct RunInside: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "run-inside", shouldDisplay: false)

    @OptionGroup var options: InsideOptions
    @Option var listener: Int32?

    func run() async throws {
        let start = MonotonicTime.now
        guard getpid() == 1 else { throw Failure.report(CodedError("usage", "run-inside is for \"lab run\" only"), 64) }
        let scenario = try Failure.orExit(64) { try options.scenario() }
        let interruption = OneShot<String>()
        CaughtSignals.listen { interruption.set("SIG\(StepSignal.name(of: $0))") }
        Self.raiseFileLimit()
        let channel = options.stay == .never ? nil : SupervisorChannel()
        do {
            let programs = try Programs.find(in: ProgramFolder.path)
            let run = try ScenarioRun(
                scenario: scenario, programs: programs, folder: options.output, start: start, sabotage: options.sabotage,
                form: StoryForm(rawValue: options.form) ?? .text)
            let code: Int32
            if let channel, let listener {
                _ = fcntl(listener, F_SETFD, FD_CLOEXEC)
                code = try await living(scenario, run, listener, channel, interruption)
            } else {
                let report = try await run.run(interruption: interruption)
                code = report.exitCode == 0 || interruption.current == nil ? report.exitCode : 130
            }
            if code != 0 { throw ExitCode(code) }
        } catch let code as ExitCode {
            throw code
        } catch {
            let code: Int32 = interruption.current != nil ? 130 : Kernel.isLacking(error) ? 4 : 3
            channel?.tell(SupervisorChannel.News(error: "\(error)", code: code))
            throw Failure.report(error, code)
        }
    }

    /// A lab that stays, or may.
    private func living(
        _ scenario: Scenario, _ run: ScenarioRun, _ listener: Int32, _ channel: SupervisorChannel, _ interruption: OneShot<String>
    ) async throws -> Int32 {
        let lab = LiveLab(name: options.name ?? scenario.name, scenario: scenario, run: run)
        LiveServer(listener: listener) { await lab.serve($0) }.start()
        if options.stay == .demo {
            let report = try await lab.play(interruption: interruption)
            return report.exitCode == 0 || interruption.current == nil ? report.exitCode : 130
        }
        var news = SupervisorChannel.News(stays: true)
        if options.stay == .onFailure {
            let report = try await run.run(interruption: interruption, keepsFailure: true)
            news.code = report.exitCode
            guard await run.isKept else { return report.exitCode == 0 || interruption.current == nil ? report.exitCode : 130 }
        } else {
            news.code = try await rise(lab, interruption)
        }
        // From here on nobody reads what the caller's terminal or pipe would get.
        try LabLog.takeOver(in: options.output)
        channel.tell(news)
        await lab.stay(until: interruption, isKept: options.stay == .onFailure)
        return 0
    }

    /// Starts the lab; a signal breaks it off.
    private func rise(_ lab: LiveLab, _ interruption: OneShot<String>) async throws -> Int32 {
        let work = Task { [stay = options.stay] () throws -> Int32 in
            guard stay == .steps else {
                try await lab.bringUp()
                return 0
            }
            switch try await lab.carryOutSteps() {
            case .pass: return 0
            case .fail: return 1
            default: return 2
            }
        }
        let watcher = Task {
            if await interruption.value() != nil { work.cancel() }
        }
        defer { watcher.cancel() }
        return try await work.value
    }

    /// A machine costs about ten descriptors; the usual soft limit of 1,024 is for programs that use select(2).
    private static func raiseFileLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
