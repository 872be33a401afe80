import Basics
import LabReport
import MeshModel
import NetworkModel
import ScenarioModel
import Timing

/// Who answers whom, looked at all through a run.
extension ScenarioRun {
    /// How often everybody is asked who answers.
    static let meshInterval = Duration.milliseconds(500)
    /// For each pair so much time passes from one sample to the next: the lab spends part of a millisecond on a probe.
    static let meshSpacing = Duration.milliseconds(2)
    /// How long an answer may take to be counted.
    static let meshPatience = Duration.milliseconds(300)
    /// So many machines are asked at once, at the most: 870 pairs.
    static let meshLimit = 30

    /// Asks machines whether they reach one another, again and again, for the report's matrix: all of them, or as many as `meshLimit`,
    /// chosen anew each time by the seed.
    func observeMesh() async {
        let all = scenario.machineNames
        guard all.count > 1 else { return }
        var random = SeededRandom(seed: scenario.seed)
        while !Task.isCancelled {
            let names = Self.matrixMachines(all, &random)
            let begin = MonotonicTime.now
            var interval = Self.meshInterval
            let sample = await meshSample(names)
            if stage != nil { await tellMesh(sample, of: names) }
            if let sample {
                journal.add(.matrix, machines: names, matrix: sample, at: begin)
                interval = max(interval, Self.meshSpacing * (names.count * (names.count - 1)))
            }
            try? await Task.sleep(for: interval - Self.meshPatience)
        }
    }

    /// In the order of the file.
    static func matrixMachines(_ all: [String], _ random: inout SeededRandom) -> [String] {
        guard all.count > meshLimit else { return all }
        return all.indices.shuffled(using: &random).prefix(meshLimit).sorted().map { all[$0] }
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
}
