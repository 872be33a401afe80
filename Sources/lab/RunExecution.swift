import Basics
import CommandSupport
import Glibc
import LabCore
import LinuxProcess
import Namespaces

/// Carries out one planned run, in namespaces of its own.
struct RunExecution: Sendable {
    var run: PlannedRun
    var output: String
    var form: StoryForm
    var sabotage: String?
    var keepsFailure: Bool
    /// Where its standard output and error go; nil: to this process's own.
    var terminal: Int32?

    /// - Returns: what became of it. What went wrong with the run itself is told on standard error, or to the terminal.
    func carryOut() async -> RunOutcome {
        var outcome = RunOutcome(scenario: run.scenario.name, seed: run.scenario.seed, exit: 3, output: output)
        do {
            if let reason = ServicePrograms.complaint(run.scenario) {
                complain("\(run.label) is skipped: \(reason)")
                let report = SkippedRun.report(run.scenario, because: reason)
                try EvidenceFolder(path: output).finish(report)
                outcome.skipped = reason
                outcome.exit = report.exitCode
                return outcome
            }
            let options = try InsideOptions(
                run, output: output, form: form, sabotage: sabotage, stay: keepsFailure ? .onFailure : .never,
                name: keepsFailure ? LabName.fitting(run) : nil)
            if keepsFailure { return try await supervised(options, outcome) }
            let descriptors = Isolation.Descriptors(standardOutput: terminal, standardError: terminal)
            let end = try await OwnThread.run {
                Result { () throws(CodedError) in try options.isolate(descriptors) }
            }.get()
            outcome.exit = try code(end.status)
            let left = try await Leftovers.after(end.namespaces)
            if !left.isEmpty {
                complain("something is left of the run: \(left.joined(separator: "; "))")
                outcome.exit = RunEnd.worse(outcome.exit, 5)
            }
        } catch {
            complain("\(error)")
        }
        return outcome
    }

    /// A run whose machines may stay up belongs to a process that may outlive this one.
    private func supervised(_ options: InsideOptions, _ start: RunOutcome) async throws -> RunOutcome {
        var outcome = start
        let started = try Supervisor.start(
            options, anyName: true, output: terminal ?? STDOUT_FILENO, errors: terminal ?? STDERR_FILENO)
        var name = options.name ?? ""
        while let news = await started.channel.news() {
            name = news.name ?? name
            if let error = news.error { complain(error) }
            outcome.exit = news.code
            if news.stays == true {
                outcome.kept = name
                started.channel.letGo()
                say(LabName.advice(name, "The machines of this run stay up as the lab \"\(name)\":"))
                return outcome
            }
        }
        guard let status = await started.process.wait(within: .seconds(30)) else {
            throw CodedError("run.stuck", "the supervisor of \(run.label) did not end")
        }
        outcome.exit = try code(status)
        return outcome
    }

    private func code(_ status: LinuxProcess.ExitStatus) throws(CodedError) -> Int32 {
        guard let code = RunEnd.code(status) else {
            throw CodedError(
                "run.killed", "the run of \(run.label) was killed (\(status)) and wrote no report; its logs are in \(output)/logs"
            )
        }
        return code
    }

    private func complain(_ message: String) {
        guard let terminal else { return Console.complain(message) }
        put("lab: \(message)\n", terminal)
    }

    /// A word for people: never on the standard output of a program that reads JSON.
    private func say(_ text: String) { put(text, form == .json ? STDERR_FILENO : terminal ?? STDOUT_FILENO) }

    private func put(_ text: String, _ descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in _ = write(descriptor, bytes.baseAddress, bytes.count) }
    }
}

/// Starts the process outside that a lab lives and dies with.
enum Supervisor {
    struct Started: Sendable {
        var process: ChildProcess
        var channel: SupervisorChannel
    }

    static func start(_ options: InsideOptions, anyName: Bool, output: Int32, errors: Int32) throws(CodedError) -> Started {
        let (own, its) = try DescriptorSocket.pair()
        let process = try ChildProcess.spawn(
            ProcessSpec(
                executable: ProgramFolder.own, arguments: ["supervise"] + options.arguments + (anyName ? ["--any-name"] : []),
                standardInput: its.descriptor, standardOutput: output, standardError: errors))
        withExtendedLifetime(its) {}
        // It leads a session of its own, so that a terminal's keys do not reach it: what this process is asked goes to it too.
        ForwardedSignals.listen([SIGINT, SIGTERM, SIGHUP]) { process.signal($0) }
        return Started(process: process, channel: SupervisorChannel(own))
    }
}

/// Names of labs.
enum LabName {
    /// What a failed run's machines are called.
    static func fitting(_ run: PlannedRun) -> String {
        let name = run.isRepeated ? "\(run.scenario.name)-\(run.scenario.seed)" : run.scenario.name
        return String(name.prefix(60))
    }

    /// What to do with a lab that is up.
    static func advice(_ name: String, _ first: String) -> String {
        let option = name == "lab" ? "" : " --lab \(name)"
        return """
            \(first)
              lab status \(name)
              lab shell\(option) MACHINE
              lab logs\(option) -f
              lab down \(name)

            """
    }
}
