import Basics
import LabReport
import MeshModel
import ScenarioModel
import Timing

/// What is looked at all through a run, whatever the steps do.
extension ScenarioRun {
    /// How often the coordinator's view is compared with the truth.
    static let truthInterval = Duration.milliseconds(100)
    /// For each machine so much time passes from one look to the next: the list gets longer, too.
    static let truthSpacing = Duration.milliseconds(5)
    static let resourceInterval = Duration.seconds(1)

    /// Compares until it is cancelled. A coordinator that does not answer claims nothing.
    func observeTruth() async {
        guard network.book.isWarren else { return }
        var last: [String: String] = [:]
        let interval = max(Self.truthInterval, Self.truthSpacing * scenario.machineNames.count)
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
                self.listed = listed
                await network.learnMeshAddresses(directory.identities.current.values.map(\.meshAddress))
            } else {
                truth.skip()
            }
            try? await Task.sleep(for: interval)
        }
    }

    private func coordinatorsList() async throws -> [String: String] {
        let socket = try await network.socketPath(Scenario.coordinatorMachine, WarrenServices.adminSocket)
        let list = try await CoordinatorView(socket: socket).machines()
        directory.identities.learn(list)
        return Dictionary(list.machines.map { ($0.name.text, $0.liveness.rawValue) }) { first, _ in first }
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
