import Basics
import LabReport
import ScenarioModel
import Timing

/// What steps do, and the proof that it was done.
extension ScenarioRun {
    func perform(_ action: Action, id: String) async throws {
        let text = ActionText.describe(action, machines: scenario.machineNames)
        story.step(text)
        tellBegin(action, id: id, text)
        touch.note(action) { [scenario] site in scenario.machines.filter { $0.place == site }.map(\.name) }
        var proof: FaultProof?
        let begin: MonotonicTime
        do {
            try await network.remember(before: action)
            // A control of the lab itself: what was not done must be noticed below.
            if action.word != network.sabotage { try await carryOut(action) }
            begin = .now
            proof = await network.proof(of: action)
        } catch let error as CodedError where error.code == "fault.not-in-effect" {
            // What the kernel did not do is not the failure of anybody who is tested.
            begin = .now
            proof = FaultProof(.no, error.message)
        }
        if let proof { recordEffect(id, proof, since: begin) }
        tellEnd(action, text, isVerified: proof.map { $0.answer == .yes } ?? true, at: begin)
    }

    private func carryOut(_ action: Action) async throws {
        switch action {
        case .boot(let names): try await network.boot(names)
        case .start(let target): try await network.start(target)
        case .kill(let target, let signal): try await network.kill(target, signal: signal)
        case .stop(let target, let grace):
            // The default is the services' own word.
            try await network.stop(target, within: grace == .seconds(5) ? network.book.stopLimit(target) : grace)
        case .restart(let target): try await network.restart(target)
        case .crash(let names): try await network.crash(names)
        case .pause(let target): try await network.pause(target, true)
        case .resume(let target): try await network.pause(target, false)
        case .run(let step, let names): try await run(step, on: names)
        case .fault(let name, let fault): try await network.apply(name, fault)
        case .heal(let name): try await network.heal(name)
        case .cable(let names, let isUp): try await network.setCable(names, isUp: isUp)
        case .flap(let names, let down, let up, let times):
            try await network.flap(names, down: down, up: up, times: times)
        case .mtu(let names, let bytes): try await network.setMTU(names, bytes)
        case .roam(let names, let place): try await network.roam(names, to: place)
        case .nat(let site, let change): try await network.changeNAT(site, change)
        case .disk(let names, let state): try await network.setDisk(names, state)
        }
    }

    private func run(_ step: CommandStep, on names: [String]) async throws {
        for name in names {
            let result = try await network.run(step.command, on: name, within: step.within)
            guard result.status == .exited(step.exits) else {
                throw CodedError("step.run", "\(step.command.joined(separator: " ")) on \(name): \(result.complaint)")
            }
            await network.noteRun(on: name)
        }
    }

    private func recordEffect(_ id: String, _ proof: FaultProof, since begin: MonotonicTime) {
        let result = Report.CheckResult(
            id: "\(id)-effect", title: "the lab's own look: the step took effect",
            // A fault that is not there is nobody's failure: it makes the run say nothing.
            outcome: proof.answer == .yes ? .pass : .inconclusive, seconds: (MonotonicTime.now - begin).inSeconds, bound: nil,
            detail: proof.detail)
        record(placed(result, nil, kind: "built-in", begin: begin))
    }

    /// After all faults are healed: what runs must come together within the bound.
    func recover() async {
        let begin = MonotonicTime.now
        let plan = scenario.recovery
        let conditions = plan.conditions.isEmpty ? await defaultRecovery() : plan.conditions
        for (number, condition) in conditions.enumerated() {
            let check = Check(
                title: "after the last fault is healed, what runs comes together",
                mode: .eventually(within: plan.within, since: nil), condition: condition)
            let id = conditions.count == 1 ? "recovery" : "recovery-\(number + 1)"
            recordUnlessCancelled(
                await eventually(check, id: id, begin: begin, within: plan.within, since: nil, kind: "built-in"))
        }
    }

    private func defaultRecovery() async -> [Condition] {
        let running = await network.membersRunning()
        guard running.count > 1 else {
            story.remark("recovery: services run on \(running.count) machines: there is nothing to come together")
            return []
        }
        guard !directory.hasOverlay else { return [.ping(from: running, to: running, over: .mesh)] }
        return await network.reachable(running).map { .ping(from: $0.from, to: $0.to, over: .underlay) }
    }
}
