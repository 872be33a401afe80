import Basics
import LabReport
import MeshModel
import ScenarioModel
import Timing

/// What is looked at all through a run, whatever the steps do.
extension ScenarioRun {
    /// How often the coordinator's view is compared with the truth.
    static let truthInterval = Duration.milliseconds(100)
    /// How often everybody is asked who answers.
    static let meshInterval = Duration.milliseconds(500)
    /// How long an answer may take to be counted.
    static let meshPatience = Duration.milliseconds(300)
    /// The largest mesh that is probed all through a run: 870 pairs.
    static let meshLimit = 30
    static let resourceInterval = Duration.seconds(1)

    /// Compares until it is cancelled. A coordinator that does not answer claims nothing.
    func observeTruth() async {
        guard network.book.isWarren else { return }
        var last: [String: String] = [:]
        while !Task.isCancelled {
            if let listed = try? await coordinatorsList() {
                var samples: [String: GroundTruth.Sample] = [:]
                for (name, state) in await network.agentStates() {
                    samples[name] = GroundTruth.Sample(
                        isAlive: state.isAlive, isSeparated: state.isSeparated, liveness: listed[name])
                }
                truth.add(samples, at: .now)
                for (name, liveness) in listed.sorted(by: { $0.key < $1.key }) where last[name] != liveness {
                    let state = last[name] == nil ? "joined" : liveness
                    journal.add(
                        .membership, "the coordinator lists \(name) as \(liveness)", machines: [name], fields: ["state": state])
                }
                last = listed
                await network.learnMeshAddresses(directory.identities.current.values.map(\.meshAddress))
            }
            try? await Task.sleep(for: Self.truthInterval)
        }
    }

    private func coordinatorsList() async throws -> [String: String] {
        let socket = try await network.socketPath(Scenario.coordinatorMachine, WarrenServices.adminSocket)
        let list = try await CoordinatorView(socket: socket).machines()
        directory.identities.learn(list)
        return Dictionary(list.machines.map { ($0.name.text, $0.liveness.rawValue) }) { first, _ in first }
    }

    /// Asks every machine whether it reaches every other, again and again, for the report's matrix.
    func observeMesh() async {
        let names = scenario.machineNames
        guard (2...Self.meshLimit).contains(names.count) else { return }
        while !Task.isCancelled {
            if let sample = await meshSample(names) { journal.add(.matrix, machines: names, matrix: sample) }
            try? await Task.sleep(for: Self.meshInterval - Self.meshPatience)
        }
    }

    private func meshSample(_ names: [String]) async -> MatrixSample? {
        let addresses = await addresses(of: names, over: .mesh)
        var states = names.map { from in names.map { from == $0 ? Character("-") : "?" } }
        var times = names.map { _ in names.map { _ in Double?.none } }
        var probes: [(row: Int, column: Int, number: UInt64, at: MonotonicTime)] = []
        for (row, from) in names.enumerated() {
            for (column, to) in names.enumerated() where row != column {
                guard let address = addresses[to] else { continue }
                switch network.prober.send(from: from, to: address) {
                case .sent(let number): probes.append((row, column, number, .now))
                case .refused: states[row][column] = "0"
                case .machineOff: states[row][column] = "x"
                }
            }
        }
        guard !probes.isEmpty else { return nil }
        try? await Task.sleep(for: Self.meshPatience)
        for probe in probes {
            let answer = network.prober.answered(probe.number)
            states[probe.row][probe.column] = answer == nil ? "0" : "1"
            times[probe.row][probe.column] = answer.map { (($0 - probe.at).inSeconds * 1_000_000).rounded() / 1_000 }
        }
        network.prober.forget(probes.map(\.number))
        return MatrixSample(states: states, roundTrips: times)
    }

    /// Remembers the most that each service used.
    func observeResources() async {
        while !Task.isCancelled {
            for (label, use) in (try? await network.uses()) ?? [:] {
                let parts = label.split(separator: "/", maxSplits: 1).map(String.init)
                var peak = resources[label] ?? Report.Resources(machine: parts[0], service: parts.count > 1 ? parts[1] : "")
                peak.peakMemory = max(peak.peakMemory ?? 0, use.bytes)
                peak.cpuSeconds = max(peak.cpuSeconds ?? 0, (use.cpuSeconds * 100).rounded() / 100)
                peak.fileDescriptors = max(peak.fileDescriptors ?? 0, use.descriptors)
                resources[label] = peak
            }
            try? await Task.sleep(for: Self.resourceInterval)
        }
    }
}
