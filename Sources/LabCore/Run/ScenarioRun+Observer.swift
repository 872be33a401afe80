import Basics
import ScenarioModel
import Timing

/// What is looked at all through a run, whatever the steps do.
extension ScenarioRun {
    /// How often the coordinator's view is compared with the truth.
    static let truthInterval = Duration.milliseconds(100)

    /// Compares until it is cancelled. A coordinator that does not answer claims nothing.
    func observeTruth() async {
        guard network.book.isWarren else { return }
        while !Task.isCancelled {
            if let listed = try? await coordinatorsList() {
                var samples: [String: GroundTruth.Sample] = [:]
                for (name, state) in await network.agentStates() {
                    samples[name] = GroundTruth.Sample(
                        isAlive: state.isAlive, isSeparated: state.isSeparated, liveness: listed[name])
                }
                truth.add(samples, at: .now)
            }
            try? await Task.sleep(for: Self.truthInterval)
        }
    }

    private func coordinatorsList() async throws -> [String: String] {
        let socket = try await network.socketPath(Scenario.coordinatorMachine, WarrenServices.adminSocket)
        let list = try await CoordinatorView(socket: socket).machines()
        return Dictionary(list.machines.map { ($0.name.text, $0.liveness.rawValue) }) { first, _ in first }
    }
}
