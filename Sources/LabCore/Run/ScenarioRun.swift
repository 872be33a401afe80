import Basics
import FoundationEssentials
import Glibc
import LabReport
import Namespaces
import ScenarioModel
import Timing

/// Carries out one scenario, inside private namespaces that die with it.
public actor ScenarioRun {
    let scenario: Scenario
    let network: LabNetwork
    let story: Storyteller
    let start: MonotonicTime
    let folder: String
    let startedAt: WallTime
    let journal: EventJournal
    /// Names of the faults that the timeline shows as going on.
    var bands: Set<String> = []
    /// The most that each service used, by `MACHINE/SERVICE`.
    var resources: [String: Report.Resources] = [:]
    /// Which WireGuard the machines used, as seen at the end.
    var backends: Set<String> = []
    var isOpen = false
    var observers: [Task<Void, Never>] = []

    var directory: Directory
    /// The identities that were known when the step under way began.
    var baseline: [String: Identities.Identity] = [:]
    var touch = Touch()
    var truth: GroundTruth
    /// For each step that is over or under way: how long each log was when it began.
    var logOffsets: [String: [String: Int]] = [:]
    /// The steps that checks of logs count from.
    let logMarks: Set<String>
    var results: [Report.CheckResult] = []
    /// When each step that is over, or each action once under way, began to count.
    private(set) var stepTimes: [String: MonotonicTime] = [:]
    private var watches: [(until: String?, task: Task<Report.CheckResult, Never>, stop: OneShot<Bool>)] = []
    private var controlsOfPrediction: [String] = []
    /// Whether the run failed and its machines stayed up.
    public private(set) var isKept = false
    /// Who watches, and decides when it goes on; nil: nobody does.
    private(set) var stage: Stage?
    /// What the coordinator last listed each machine as.
    var listed: [String: String] = [:]

    /// - Parameters:
    ///   - folder: absolute path of the output folder, which exists.
    ///   - start: when the run began.
    ///   - sabotage: a word of the language whose steps are left undone: a control of the lab itself.
    ///   - form: how to tell the story.
    public init(
        scenario: Scenario, programs: Programs, folder: String, start: MonotonicTime, sabotage: String? = nil,
        form: StoryForm = .text
    ) throws(CodedError) {
        self.scenario = scenario
        self.folder = folder
        self.start = start
        let elapsed = Int64((MonotonicTime.now - start).inSeconds * 1_000_000)
        startedAt = WallTime(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000) - elapsed)
        journal = try EventJournal(folder: folder, start: start)
        story = Storyteller(scenario: scenario.name, start: start, form: form)
        network = LabNetwork(
            scenario: scenario, programs: programs, logs: ServiceLogs(folder: "\(folder)/logs"), sabotage: sabotage)
        directory = Directory(scenario: scenario)
        // A machine that is back is heard of by its next heartbeat, once it has found the coordinator again.
        var heartbeat = Duration.seconds(1)
        if case .warren(let timing) = scenario.system { heartbeat = timing.heartbeatInterval ?? heartbeat }
        truth = GroundTruth(grace: heartbeat + .seconds(1))
        logMarks = Set(
            scenario.allSteps.compactMap { step in
                if case .check(let check) = step.kind, case .log(_, let pattern) = check.condition { pattern.since } else { nil }
            })
    }

    /// Runs all steps, heals, waits for recovery, stops everything, and writes the report.
    ///
    /// - Parameters:
    ///   - interruption: set when the user wants the run to end early.
    ///   - keepsFailure: a run that failed heals and stops nothing: its machines stay as they are, and `isKept` says so.
    ///   - stage: who watches the run and lets it go on from mark to mark.
    public func run(interruption: OneShot<String>, keepsFailure: Bool = false, stage: Stage? = nil) async throws -> Report {
        self.stage = stage
        story.header(title: scenario.title, seed: scenario.seed, machines: scenario.machines.count, output: folder)
        var failure: String?
        var isLacking = false
        do {
            try await unlessInterrupted(interruption) {
                try await self.open()
                try await self.steps()
            }
        } catch {
            isLacking = Kernel.isLacking(error)
            failure = interruption.current.map { "interrupted by \($0)" } ?? "\(error)"
            story.remark(failure ?? "")
        }
        await endWatches(until: nil, isBrokenOff: failure != nil)
        if failure != nil { skipTheRest() }
        isKept =
            keepsFailure && interruption.current == nil && !isLacking && (failure != nil || Report.outcome(of: results) == .fail)
        if failure == nil, !isKept {
            do {
                try await unlessInterrupted(interruption) { try await self.wrapUp(keepsFailure: keepsFailure) }
            } catch {
                failure = interruption.current.map { "interrupted by \($0)" } ?? "\(error)"
                story.remark(failure ?? "")
            }
        }
        endObservers()
        judgeControls()
        var report = await makeReport(failure)
        if failure != nil, report.outcome != .fail { report.outcome = isLacking ? .skipped : .error }
        if let problem = await writeEvidence(report) {
            // A result that nobody can read is no result.
            report.error = problem
            report.outcome = .error
        }
        story.footer(report, folder: folder)
        return report
    }

    /// Does the work, and cancels it when the user wants the run to end.
    ///
    /// - Throws: `CancellationError` then, whatever the work has made of it.
    private func unlessInterrupted(
        _ interruption: OneShot<String>, _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let work = Task {
            try await body()
            try Task.checkCancellation()
        }
        let watcher = Task {
            if await interruption.value() != nil { work.cancel() }
        }
        defer { watcher.cancel() }
        try await work.value
    }

    func steps() async throws {
        for invariant in scenario.invariants {
            if case .check(let check) = invariant.kind { try await carryOut(check, id: invariant.id) }
        }
        for step in scenario.steps {
            try Task.checkCancellation()
            await refreshDirectory()
            baseline = directory.identities.first
            stepTimes[step.id] = .now
            noteLogOffsets(step.id)
            switch step.kind {
            case .mark(let title):
                if stage == nil { story.step(title ?? "mark \(step.id)") }
                await endWatches(until: step.id)
                try await pause(at: step.id, title: title)
            case .action(let action):
                try await perform(action, id: step.id)
            case .check(let check):
                try await carryOut(check, id: step.id)
            }
        }
    }

    func carryOut(_ check: Check, id: String) async throws {
        func begin(_ since: String?) -> MonotonicTime { since.flatMap { stepTimes[$0] } ?? .now }
        switch check.mode {
        case .lastingUntil(let expected, let mark):
            story.step("from here on: \(check.title ?? id)")
            let stop = OneShot<Bool>()
            let task = Task { await self.lasting(check, id: id, expected: expected, duration: nil, stop: stop) }
            watches.append((mark, task, stop))
        case .eventually(let within, let since):
            recordUnlessCancelled(await eventually(check, id: id, begin: begin(since), within: within, since: since))
        case .stays(let duration, let within, let since):
            recordUnlessCancelled(
                await stays(check, id: id, duration: duration, begin: begin(since), within: within, since: since))
        case .lasting(let expected, let duration):
            recordUnlessCancelled(await lasting(check, id: id, expected: expected, duration: duration, stop: OneShot()))
        }
    }

    /// Ends the watches that wait for this mark; nil: all of them.
    func endWatches(until mark: String?, isBrokenOff: Bool = false) async {
        let ending = watches.filter { mark == nil || $0.until == mark }
        watches.removeAll { mark == nil || $0.until == mark }
        for watch in ending { watch.stop.set(true) }
        for watch in ending {
            var result = await watch.task.value
            if isBrokenOff, result.outcome == .pass {
                result.outcome = .skipped
                result.detail += ", until the run was broken off"
            }
            record(result)
        }
    }

    /// Heals every fault, waits until what runs has come together, stops everything gracefully, and checks that nothing is left.
    private func wrapUp(keepsFailure: Bool) async throws {
        story.step("heal all")
        try await network.heal(nil)
        endBands { _ in true }
        await recover()
        try Task.checkCancellation()
        await dumpDevices()
        isKept = keepsFailure && Report.outcome(of: results) == .fail
        if isKept { return }
        story.step("stop all")
        let ends = try await Aftermath.check(network, scenario: scenario)
        // What was broken off did not fail.
        try Task.checkCancellation()
        for result in ends { recordBuiltIn(result) }
    }

    /// A check that was broken off has shown nothing.
    func recordUnlessCancelled(_ result: Report.CheckResult) {
        if !Task.isCancelled { record(result) }
    }

    /// Lists the checks that a broken-off run did not come to.
    private func skipTheRest() {
        let done = Set(results.map(\.id))
        for step in scenario.allSteps where !done.contains(step.id) {
            guard case .check(let check) = step.kind else { continue }
            record(
                Report.CheckResult(
                    id: step.id, title: check.title ?? "", outcome: .skipped, seconds: 0, bound: nil,
                    detail: "the run did not get there", at: rounded(MonotonicTime.now - start), kind: check.mode.word,
                    milestones: check.milestones, claims: check.claims))
        }
    }

    func record(_ result: Report.CheckResult) {
        results.append(result)
        story.check(result)
        journal.add(
            .check, result.detail, machines: result.machines, fields: ["id": result.id, "outcome": result.outcome.rawValue])
    }

    /// A check of the lab's own that has just ended.
    func recordBuiltIn(_ result: Report.CheckResult) {
        record(placed(result, nil, kind: "built-in", begin: .now + .seconds(-result.seconds)))
    }

    /// Remembers that a check probed addresses that nobody had been given yet.
    func predicted(_ id: String) { controlsOfPrediction.append(id) }

    /// A control that probed addresses which nobody ever got has controlled nothing.
    private func judgeControls() {
        guard network.book.isWarren else { return }
        let predicted = Set(Identities.predictedAddresses(scenario.machines.count))
        let real = Set(directory.identities.first.values.map(\.meshAddress))
        guard !real.isSubset(of: predicted) || real.isEmpty else { return }
        for index in results.indices where controlsOfPrediction.contains(results[index].id) && results[index].outcome == .pass {
            results[index].outcome = .inconclusive
            results[index].detail += "; but the machines got other addresses than the ones probed"
        }
    }
}

extension Scenario {
    /// Everything that is carried out, invariants first.
    var allSteps: [Step] { invariants + steps }
}
