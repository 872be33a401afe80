import Basics
import LabReport
import FoundationEssentials
import Glibc
import Namespaces
import ScenarioModel
import Timing

/// Carries out one scenario, inside private namespaces that die with it.
public actor ScenarioRun {
    let scenario: Scenario
    let network: LabNetwork
    let story: Storyteller
    let start: MonotonicTime
    private let folder: String
    private let startedAt = Date()

    var identities = Identities()
    /// The identities that were known when the step under way began.
    private(set) var baseline: [String: Identities.Identity] = [:]
    private var results: [Report.CheckResult] = []
    private var events: [Report.Event] = []
    /// When each step that is over, or each action once under way, began to count.
    private var stepTimes: [String: MonotonicTime] = [:]
    private var watches: [(until: String?, task: Task<Report.CheckResult, Never>, stop: OneShot<Bool>)] = []
    private var controlsOfPrediction: [String] = []

    /// - Parameters:
    ///   - folder: absolute path of the output folder, which exists.
    ///   - start: when the run began.
    public init(scenario: Scenario, programs: Programs, folder: String, start: MonotonicTime) throws(CodedError) {
        self.scenario = scenario
        self.folder = folder
        self.start = start
        story = Storyteller(start: start)
        network = try LabNetwork(scenario: scenario, programs: programs, logs: ServiceLogs(folder: "\(folder)/logs"))
    }

    /// Runs all steps, heals, stops everything, and writes the report.
    ///
    /// - Parameter interruption: set when the user wants the run to end early.
    public func run(interruption: OneShot<String>) async throws -> Report {
        story.header(
            scenario.name, scenario.title,
            facts: [
                "seed \(scenario.seed)", "\(scenario.machines.count) machines", "kernel \(Kernel.release)", "output \(folder)",
            ])
        var failure: String?
        let work = Task { try await self.steps() }
        let watcher = Task {
            if await interruption.value() != nil { work.cancel() }
        }
        do {
            try await work.value
        } catch {
            failure = interruption.current.map { "interrupted by \($0)" } ?? "\(error)"
            story.remark(failure ?? "")
        }
        watcher.cancel()
        await endWatches(until: nil, isBrokenOff: failure != nil)
        if failure != nil { skipTheRest() }
        if failure == nil {
            do { try await wrapUp() } catch { failure = "\(error)" }
        }
        await judgeControls()
        var report = makeReport(failure)
        if failure != nil, report.outcome != .fail { report.outcome = .error }
        try report.write(to: folder)
        story.footer(report, folder: folder)
        return report
    }

    private func steps() async throws {
        for step in scenario.steps {
            try Task.checkCancellation()
            await refreshIdentities()
            baseline = identities.first
            stepTimes[step.id] = .now
            switch step.kind {
            case .mark:
                story.step("mark \(step.id)")
                await endWatches(until: step.id)
            case .action(let action):
                try await perform(action)
            case .check(let check):
                try await carryOut(check, id: step.id)
            }
        }
    }

    private func perform(_ action: Action) async throws {
        let text = ActionText.describe(action, machines: scenario.machines)
        story.step(text)
        note(text)
        switch action {
        case .boot(let names): try await network.boot(names)
        case .start(let target): try await network.start(target)
        case .kill(let target, let signal): try await network.kill(target, signal: signal)
        case .stop(let target): try await network.stop(target, within: .seconds(5))
        case .restart(let target): try await network.restart(target)
        case .crash(let names): try await network.crash(names)
        case .partition(let name, let groups): try await network.partition(name: name, groups: groups)
        case .heal(let name): try await network.heal(name)
        }
    }

    private func carryOut(_ check: Check, id: String) async throws {
        switch check.mode {
        case .alwaysUntil(let mark):
            story.step("from here on: \(check.title ?? id)")
            let stop = OneShot<Bool>()
            let task = Task { await self.always(check, id: id, duration: nil, stop: stop) }
            watches.append((mark, task, stop))
        case .eventually(let within, let since):
            let begin = since.flatMap { stepTimes[$0] } ?? .now
            recordUnlessCancelled(await eventually(check, id: id, begin: begin, within: within, since: since))
        case .never(let duration):
            recordUnlessCancelled(await never(check, id: id, duration: duration))
        case .always(let duration):
            recordUnlessCancelled(await always(check, id: id, duration: duration, stop: OneShot()))
        }
    }

    /// Ends the watches that wait for this mark; nil: all of them.
    private func endWatches(until mark: String?, isBrokenOff: Bool = false) async {
        let ending = watches.filter { mark == nil || $0.until == mark }
        watches.removeAll { mark == nil || $0.until == mark }
        for watch in ending {
            watch.stop.set(true)
            var result = await watch.task.value
            if isBrokenOff, result.outcome == .pass {
                result.outcome = .skipped
                result.detail += ", until the run was broken off"
            }
            record(result)
        }
    }

    /// Heals every fault, stops everything gracefully, and checks that the programs left nothing behind.
    private func wrapUp() async throws {
        story.step("heal all, stop all")
        try await network.heal(nil)
        for result in try await Aftermath.check(network, scenario: scenario) { record(result) }
    }

    /// A check that was broken off has shown nothing.
    private func recordUnlessCancelled(_ result: Report.CheckResult) {
        if !Task.isCancelled { record(result) }
    }

    /// Lists the checks that a broken-off run did not come to.
    private func skipTheRest() {
        let done = Set(results.map(\.id))
        for step in scenario.steps where !done.contains(step.id) {
            guard case .check(let check) = step.kind else { continue }
            record(
                Report.CheckResult(
                    id: step.id, title: check.title ?? "", outcome: .skipped, seconds: 0, bound: nil,
                    detail: "the run did not get there"))
        }
    }

    func record(_ result: Report.CheckResult) {
        results.append(result)
        story.check(result)
        note("check \(result.id): \(result.outcome.rawValue): \(result.detail)")
    }

    func note(_ what: String) {
        events.append(Report.Event(at: ((MonotonicTime.now - start).inSeconds * 1_000).rounded() / 1_000, what: what))
    }

    /// Remembers that a check probed addresses that nobody had been given yet.
    func predicted(_ id: String) { controlsOfPrediction.append(id) }

    /// A control that probed addresses which nobody ever got has controlled nothing.
    private func judgeControls() async {
        let predicted = Set(Identities.predictedAddresses(scenario.machines.count))
        let real = Set(identities.first.values.map(\.meshAddress))
        guard !real.isSubset(of: predicted) || real.isEmpty else { return }
        for index in results.indices where controlsOfPrediction.contains(results[index].id) && results[index].outcome == .pass {
            results[index].outcome = .inconclusive
            results[index].detail += "; but the machines got other addresses than the ones probed"
        }
    }

    private func makeReport(_ failure: String?) -> Report {
        let environment = Report.Environment(
            substrate: "namespaces", kernel: Kernel.release, backend: "wireguard-go",
            rootless: getenv("WARREN_LAB_ROOTLESS") != nil, version: Version.current)
        return Report(
            scenario: scenario.name, title: scenario.title, outcome: Report.outcome(of: results), error: failure,
            seed: scenario.seed,
            startedAt: startedAt.formatted(.iso8601), seconds: ((MonotonicTime.now - start).inSeconds * 1_000).rounded() / 1_000,
            environment: environment, checks: results, events: events)
    }
}
