import Basics
import MeshModel
import ScenarioModel
import Timing

/// Conditions about who answers whom over the mesh.
extension ScenarioRun {
    /// Asks the coordinator who has which address; an answer that does not come changes nothing.
    func refreshIdentities() async {
        guard let socket = try? await network.socketPath(Scenario.coordinatorMachine, ServiceCommand.adminSocket),
            let list = try? await CoordinatorView(socket: socket).machines()
        else { return }
        identities.learn(list)
    }

    /// Probes every pair until it has answered once.
    func pingUntilAnswered(from: [String], to: [String], deadline: MonotonicTime) async -> Look {
        var watch = PingWatch(from: from, to: to, prober: network.prober)
        while MonotonicTime.now < deadline, !Task.isCancelled {
            if to.contains(where: { identities.current[$0] == nil }) { await refreshIdentities() }
            let missing = watch.pairs.filter { !watch.answered.contains($0) }
            watch.send(missing) { identities.current[$0]?.meshAddress }
            try? await Task.sleep(for: Self.lookInterval)
            _ = watch.collect(lostAfter: nil)
            if watch.answered.count == watch.pairs.count { break }
        }
        let missing = watch.pairs.filter { !watch.answered.contains($0) }
        watch.end()
        let count = "\(watch.answered.count) of \(watch.pairs.count) pairs answer"
        guard !missing.isEmpty else { return Look(holds: true, detail: count) }
        return Look(holds: false, detail: "\(count); silent: \(Self.list(missing))")
    }

    /// Probes every pair again and again; holds as soon as one answers.
    func pingNever(from: [String], to: [String], deadline: MonotonicTime) async -> Look {
        await refreshIdentities()
        var watch = PingWatch(from: from, to: to, prober: network.prober)
        // Before anybody has an address, the ones that the pool will give out stand in for them.
        let predicted = Identities.predictedAddresses(scenario.machines.count)
        let addresses = Dictionary(
            uniqueKeysWithValues: zip(scenario.machines, predicted).map { ($0, identities.current[$0]?.meshAddress ?? $1) })
        while MonotonicTime.now < deadline, watch.answered.isEmpty, !Task.isCancelled {
            watch.send(watch.pairs) { addresses[$0] }
            try? await Task.sleep(for: Self.steadyInterval)
            _ = watch.collect(lostAfter: Self.lossLimit)
        }
        _ = watch.collect(lostAfter: nil)
        watch.end()
        guard watch.answered.isEmpty else {
            return Look(holds: true, detail: "answered: \(Self.list(watch.answered.sorted()))")
        }
        return Look(holds: false, detail: "none of \(watch.sent) probes was answered")
    }

    /// Probes every pair at a steady pace and counts what is lost.
    func pingSteadily(from: [String], to: [String], isOver: () -> Bool) async -> Look {
        await refreshIdentities()
        var watch = PingWatch(from: from, to: to, prober: network.prober)
        var lost: [PingWatch.Pair] = []
        while !isOver() {
            watch.send(watch.pairs) { identities.current[$0]?.meshAddress }
            try? await Task.sleep(for: Self.steadyInterval)
            lost += watch.collect(lostAfter: Self.lossLimit)
        }
        // The last probes get as long as every other.
        let grace = MonotonicTime.now + Self.lossLimit + Self.steadyInterval
        while watch.isWaiting, MonotonicTime.now < grace {
            try? await Task.sleep(for: Self.lookInterval)
            lost += watch.collect(lostAfter: Self.lossLimit)
        }
        let detail = "\(watch.answers) of \(watch.sent) probes answered, slowest \(DurationText.format(watch.slowest))"
        guard !lost.isEmpty || watch.answers != watch.sent || watch.sent == 0 else { return Look(holds: true, detail: detail) }
        return Look(holds: false, detail: "\(detail); lost: \(Self.list(lost))")
    }

    /// A few of the pairs, and how many more there are.
    static func list(_ pairs: [PingWatch.Pair]) -> String {
        let shown = pairs.prefix(6).map(\.description).joined(separator: ", ")
        return pairs.count > 6 ? "\(shown) and \(pairs.count - 6) more" : shown
    }
}
