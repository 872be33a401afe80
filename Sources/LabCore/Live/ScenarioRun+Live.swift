import Basics
import LabReport
import ScenarioModel
import Timing

/// What a living lab does instead of a scenario's steps, or after them.
extension ScenarioRun {
    /// How long a whole lab may take to come together.
    static let upLimit = Duration.seconds(60)

    /// Starts everything, and waits until every machine answers every other.
    ///
    /// - Throws: `lab.up` if they do not come together in time, and what a step throws.
    func bringUp() async throws {
        header()
        try await open()
        let names = scenario.machineNames
        if network.book.isWarren {
            try await perform(.start(Target(machines: [Scenario.coordinatorMachine], service: nil)), id: "up-coordinator")
        }
        try await perform(.start(Target(machines: names, service: nil)), id: "up-machines")
        guard names.count > 1 else { return }
        let condition = Condition.ping(from: names, to: names, over: directory.hasOverlay ? .mesh : .underlay)
        let check = Check(
            title: "every machine answers every other", mode: .eventually(within: Self.upLimit, since: nil), condition: condition)
        let result = await eventually(check, id: "together", begin: .now, within: Self.upLimit, since: nil)
        record(result)
        guard result.outcome == .pass else {
            throw CodedError(
                "lab.up", "the machines did not come together within \(DurationText.format(Self.upLimit)): \(result.detail)")
        }
    }

    /// Carries out the scenario's steps and leaves everything as it then is.
    ///
    /// - Returns: what the checks amount to.
    func carryOutSteps() async throws -> Outcome {
        header()
        try await open()
        try await steps()
        await endWatches(until: nil)
        return Report.outcome(of: results)
    }

    private func header() {
        story.header(title: scenario.title, seed: scenario.seed, machines: scenario.machines.count, output: folder)
    }

    /// Carries out one step that somebody asked for.
    ///
    /// - Parameter id: how its results are named.
    /// - Throws: `ScenarioError` for what is no step, and what a step throws.
    func carryOutLive(_ text: String, id: String) async throws -> (said: String, results: [Report.CheckResult]) {
        let step = try scenario.step(parsing: text, source: "step", faults: Array(await network.faults.keys))
        await refreshDirectory()
        baseline = directory.identities.first
        let before = results.count
        var said = ""
        switch step.kind {
        case .mark: throw CodedError("live.step", "a mark means nothing here: there are no other steps")
        case .action(let action):
            said = ActionText.describe(action, machines: scenario.machineNames)
            try await perform(action, id: id)
        case .check(let check):
            if case .lastingUntil = check.mode {
                throw CodedError("live.step", "there is no later step here: use \"for\" instead of \"until\"")
            }
            try await carryOut(check, id: id)
        }
        return (said, results[before...].filter { $0.id == id || $0.id.hasPrefix("\(id)-") })
    }

    /// Heals every fault, asks every service to end and checks that nothing is left, as at the end of a scenario.
    ///
    /// - Parameter writesReport: whether the evidence becomes that of the whole life of the lab.
    /// - Returns: the checks of the end.
    func finish(writesReport: Bool) async -> [Report.CheckResult] {
        var ends: [Report.CheckResult] = []
        var failure: String?
        do {
            story.step("heal all")
            try await network.heal(nil)
            story.step("stop all")
            ends = try await Aftermath.check(network, scenario: scenario)
            for result in ends { recordBuiltIn(result) }
            guard writesReport else {
                endObservers()
                return ends
            }
        } catch {
            failure = "\(error)"
        }
        endObservers()
        var report = await makeReport(failure)
        if failure != nil, report.outcome != .fail { report.outcome = .error }
        _ = await writeEvidence(report)
        story.footer(report, folder: folder)
        if let failure {
            ends.append(
                Report.CheckResult(
                    id: "clean-stop", title: "every service ends when asked", outcome: .error, seconds: 0, bound: nil,
                    detail: failure))
        }
        return ends
    }

    /// Who answers whom just now; probes for as long as the limit, or until everybody has answered.
    func reachability(within limit: Duration) async -> LiveStatus.Reachability {
        await refreshDirectory()
        let over: ScenarioModel.Network = directory.hasOverlay ? .mesh : .underlay
        let names = scenario.machineNames
        var watch = PingWatch(from: names, to: names, prober: network.prober)
        let addresses = await addresses(of: names, over: over)
        let deadline = MonotonicTime.now + limit
        repeat {
            watch.send(watch.pairs.filter { !watch.answered.contains($0) }) { addresses[$0] }
            try? await Task.sleep(for: Self.steadyInterval)
            _ = watch.collect(lostAfter: Self.lossLimit)
        } while watch.answered.count < watch.pairs.count && MonotonicTime.now < deadline
        watch.end()
        let silent = Dictionary(grouping: watch.pairs.filter { !watch.answered.contains($0) }, by: \.from)
        return LiveStatus.Reachability(
            network: over.rawValue, pairs: watch.pairs.count, answered: watch.answered.count,
            silent: silent.mapValues { $0.map(\.to) })
    }

    /// What the programs of the machines say: mesh addresses, and what each agent sees of the others.
    func describe(_ machines: [LiveStatus.Machine]) async -> [LiveStatus.Machine] {
        await refreshDirectory()
        var described = machines
        for index in described.indices {
            let name = described[index].name
            described[index].mesh = directory.address(of: name).map { "\($0)" }
            guard described[index].services.contains(where: { $0.name == "agent" && $0.isRunning && !$0.isPaused }),
                let socket = try? await network.socketPath(name, WarrenServices.agentSocket),
                let status = try? await AgentView(socket: socket).status()
            else { continue }
            described[index].peers = status.peers.map {
                LiveStatus.Peer(
                    name: $0.name.text, liveness: $0.liveness.rawValue, isConfigured: $0.configured,
                    handshakeAge: $0.handshakeAgeSeconds)
            }
        }
        return described
    }
}
