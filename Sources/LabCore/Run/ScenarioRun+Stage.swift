import Basics
import LabReport
import NetworkModel
import ScenarioModel
import Timing

/// Who watches a run, and decides when it goes on.
public struct Stage: Sendable {
    /// Called at each mark, when the checks that end there have ended. It tells of the pause when commands are taken, and returns when the
    /// run is to go on: whether somebody has changed something meanwhile.
    var pause: @Sendable (_ tell: @Sendable () -> Void) async -> Bool
}

/// Pauses at marks, for runs with an audience.
extension ScenarioRun {
    /// How long machines may take to come together that somebody has played with.
    static let orderLimit = Duration.seconds(60)

    /// Waits until the run may go on. Whatever was changed meanwhile is put right first: the steps to come count on what those before made.
    func pause(at mark: String, title: String?) async throws {
        guard let stage else { return }
        let before = await order()
        let story = story
        let wasTouched = await stage.pause { story.pause(at: mark, title: title) }
        try Task.checkCancellation()
        guard wasTouched else { return }
        story.remark("what was changed meanwhile is put right")
        try await putRight(before, mark)
    }

    /// What runs, and which faults are on.
    private struct Order {
        var running: [String: [String]]
        var faults: [String: LinkFault]
    }

    private func order() async -> Order {
        var running: [String: [String]] = [:]
        for machine in await network.liveMachines() {
            running[machine.name] = machine.services.filter { $0.isRunning && !$0.isPaused }.map(\.name)
        }
        return Order(running: running, faults: await network.faults)
    }

    private func putRight(_ wanted: Order, _ mark: String) async throws {
        let now = await network.faults
        for name in now.keys.sorted() where wanted.faults[name] == nil {
            try await perform(.heal(name), id: "\(mark)-heal-\(name)")
        }
        for name in wanted.faults.keys.sorted() where now[name] == nil {
            guard let fault = wanted.faults[name] else { continue }
            try await perform(.fault(name: name, fault), id: "\(mark)-again-\(name)")
        }
        let running = await order().running
        for name in network.allMachines {
            let (wants, has) = (wanted.running[name] ?? [], running[name] ?? [])
            let missing = wants.filter { !has.contains($0) }
            if wants.isEmpty, !has.isEmpty { try await perform(.crash([name]), id: "\(mark)-off-\(name)") }
            for service in missing {
                try await perform(.start(Target(machines: [name], service: service)), id: "\(mark)-start-\(name)-\(service)")
            }
        }
        let names = await network.membersRunning()
        guard wanted.faults.isEmpty, names.count > 1 else { return }
        let check = Check(
            title: "what was changed meanwhile is put right", mode: .eventually(within: Self.orderLimit, since: nil),
            condition: .ping(from: names, to: names, over: directory.hasOverlay ? .mesh : .underlay))
        await refreshDirectory()
        recordUnlessCancelled(
            await eventually(check, id: "\(mark)-put-right", begin: .now, within: Self.orderLimit, since: nil))
    }

    /// Tells the audience how the mesh looks.
    func tellMesh(_ sample: MatrixSample?, of names: [String]) async {
        let machines = await network.liveMachines()
        func runs(_ service: String, on machine: LiveStatus.Machine) -> Bool {
            machine.services.contains { $0.name == service && $0.isRunning && !$0.isPaused }
        }
        let shown = names.compactMap { name in machines.first { $0.name == name } }.map { machine in
            StoryEvent.Mesh.Machine(
                name: machine.name, isOn: machine.isOn,
                isUp: network.book.isWarren ? runs("agent", on: machine) : machine.services.contains(where: \.isRunning),
                liveness: listed[machine.name])
        }
        let coordinator = machines.first { $0.name == Scenario.coordinatorMachine }
        story.mesh(
            StoryEvent.Mesh(
                machines: shown, rows: sample?.rows ?? [],
                hasCoordinator: coordinator.map { runs("coordinator", on: $0) } ?? false,
                faults: await network.liveFaults().map(\.what)))
    }
}
