import Basics
import FoundationEssentials
import Glibc
import LabReport
import MeshModel
import NetworkModel
import ScenarioModel
import Timing

/// What a run leaves behind for people and programs.
extension ScenarioRun {
    /// Builds the network, and writes down what is about to happen.
    func open() async throws {
        guard !isOpen else { return }
        isOpen = true
        try await network.build(evidence: folder)
        var underlay: [String: IPAddress] = [:]
        for name in network.allMachines { underlay[name] = try await network.facts(of: name).underlay }
        directory = Directory(scenario: scenario, underlay: underlay)
        observers = [
            Task { await self.observeTruth() }, Task { await self.observeMesh() }, Task { await self.observeResources() },
        ]
    }

    func endObservers() {
        for observer in observers { observer.cancel() }
        observers = []
    }

    /// Writes every file of the evidence.
    ///
    /// - Returns: why the result could not be written; nil if it was.
    func writeEvidence(_ report: Report) async -> String? {
        if let remark = await network.stopCapture() { story.remark(remark) }
        if let loss = journal.loss { story.remark(loss) }
        do {
            for note in try EvidenceFolder(path: folder).finish(report) { story.remark(note) }
            return nil
        } catch {
            story.remark("\(error)")
            return "\(error)"
        }
    }

    /// Each WireGuard device as it is, without secrets.
    func dumpDevices() async {
        guard network.book.isWarren else { return }
        for name in scenario.machineNames {
            let view = DeviceView(network: network, machine: name)
            if let backend = try? await view.backend() { backends.insert(backend) }
            guard let text = try? await view.dump() else { continue }
            mkdir("\(folder)/wireguard", 0o755)
            do {
                try Data(text.utf8).write(to: URL(filePath: "\(folder)/wireguard/\(name).txt"), options: .atomic)
            } catch {
                story.remark("wireguard/\(name).txt: \(error)")
            }
        }
    }

    func makeReport(_ failure: String?) async -> Report {
        let engines = await network.engines.map {
            Report.EngineUse(fault: $0.fault, engine: $0.engine.rawValue, detail: $0.words)
        }
        let capabilities = await network.capabilities.map { found in
            [("netem", found.hasNetem), ("tbf", found.hasTokenBucket)].map { name, isPresent in
                Report.Capability(
                    name: name, isPresent: isPresent,
                    detail: isPresent ? "set and read back" : "the kernel did not take it; the lab's relay does its work")
            }
        }
        let environment = Report.Environment(
            substrate: "namespaces", kernel: Kernel.release, backend: backends.sorted().joined(separator: ", "),
            rootless: getenv("WARREN_LAB_ROOTLESS") != nil, version: Version.current, engines: engines,
            capabilities: capabilities ?? [])
        return Report(
            scenario: scenario.name, title: scenario.title, outcome: Report.outcome(of: results), error: failure,
            seed: scenario.seed, startedAt: startedAt.text, seconds: rounded(MonotonicTime.now - start), environment: environment,
            checks: results, events: [], parameters: scenario.parameters, machines: await reportMachines(),
            resources: resources.sorted { $0.key < $1.key }.map(\.value))
    }

    private func reportMachines() async -> [Report.Machine] {
        var machines: [Report.Machine] = []
        for name in network.allMachines {
            let plan = scenario.machines.first { $0.name == name }
            let labels = Dictionary((plan?.labels ?? []).map { ($0, "") }) { first, _ in first }
            machines.append(
                Report.Machine(
                    name: name, place: plan?.place ?? Topology.backbone, labels: labels,
                    underlay: (try? await network.facts(of: name)).map { "\($0.underlay)" },
                    mesh: (directory.identities.first[name]?.meshAddress ?? directory.address(of: name)).map { "\($0)" }))
        }
        return machines
    }

    /// Adds to a result what the report wants to know of its step.
    func placed(_ result: Report.CheckResult, _ check: Check?, kind: String, begin: MonotonicTime) -> Report.CheckResult {
        var placed = result
        placed.at = rounded(begin - start)
        placed.end = rounded(MonotonicTime.now - start)
        placed.kind = kind
        placed.step = scenario.steps.firstIndex { $0.id == result.id }.map { $0 + 1 }
        placed.machines = check?.condition.machines ?? []
        placed.milestones = check?.milestones ?? []
        placed.claims = check?.claims ?? []
        return placed
    }

    /// Seconds, to the millisecond.
    func rounded(_ duration: Duration) -> Double { (duration.inSeconds * 1_000).rounded() / 1_000 }
}

extension Condition {
    /// The machines that it looks at, or probes between.
    var machines: [String] {
        switch self {
        case .ping(let from, let to, _), .handshake(let from, let to, _), .message(let from, let to, _):
            from + to.filter { !from.contains($0) }
        case .groups(let groups): groups.flatMap { $0 }
        case .peer(let name, let places, _): [name] + places
        case .peersComplete(let names), .coordinatorSees(let names, _), .sameIdentity(let names), .uniqueAddresses(let names),
            .command(_, let names), .messagesAccountedFor(let names, _):
            names
        case .service(let target, _), .memory(let target, _), .descriptors(let target, _), .log(let target, _): target.machines
        case .untouched, .truth, .wire: []
        }
    }
}

extension Check.Mode {
    /// The word that the report calls it by.
    var word: String {
        switch self {
        case .eventually: "eventually"
        case .stays: "stays"
        case .lasting(let expected, _), .lastingUntil(let expected, _): expected ? "always" : "never"
        }
    }
}
