import Basics
import MeshModel
import ScenarioModel
import Timing

/// Conditions about who answers whom over the mesh.
extension ScenarioRun {
    /// Asks the coordinator who has which address; an answer that does not come changes nothing.
    func refreshIdentities() async {
        try? await learnIdentities()
    }

    /// Asks the coordinator who has which address.
    func learnIdentities() async throws {
        let socket = try await network.socketPath(Scenario.coordinatorMachine, ServiceCommand.adminSocket)
        identities.learn(try await CoordinatorView(socket: socket).machines())
    }

    /// Probes every pair until it has answered once.
    func pingUntilAnswered(from: [String], to: [String], deadline: MonotonicTime) async -> Look {
        var watch = PingWatch(from: from, to: to, prober: network.prober)
        // Every pair every 20 ms while they are few; 20,000 probes a second at the most.
        let interval = max(Self.lookInterval, .microseconds(50 * watch.pairs.count))
        while MonotonicTime.now < deadline, !Task.isCancelled {
            if to.contains(where: { identities.current[$0] == nil }) { await refreshIdentities() }
            let missing = watch.pairs.filter { !watch.answered.contains($0) }
            watch.send(missing) { identities.current[$0]?.meshAddress }
            try? await Task.sleep(for: interval)
            _ = watch.collect(lostAfter: Self.forgetLimit)
            if watch.answered.count == watch.pairs.count { break }
        }
        let missing = watch.pairs.filter { !watch.answered.contains($0) }
        watch.end()
        let count = "\(watch.answered.count) of \(watch.pairs.count) pairs answer"
        guard !missing.isEmpty else { return Look(.yes, count) }
        return Look(.no, "\(count); silent: \(Self.list(missing)); \(watch.summary)")
    }

    /// Probes every pair again and again. Yes as soon as one answers; no if none did, and every one of them could have: a machine that is
    /// off has shown nothing.
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
        await settle(&watch)
        guard watch.answered.isEmpty else {
            return Look(.yes, "answered: \(Self.list(watch.answered.sorted())); \(watch.summary)")
        }
        let wasTried = watch.off.isEmpty && watch.sent + watch.refused.values.reduce(0, +) > 0
        return Look(wasTried ? .no : .unknown, watch.summary)
    }

    /// Probes every pair at a steady pace and counts what is lost.
    func pingSteadily(from: [String], to: [String], isOver: () -> Bool) async -> Look {
        await refreshIdentities()
        var watch = PingWatch(from: from, to: to, prober: network.prober)
        var lost: Set<PingWatch.Pair> = []
        repeat {
            watch.send(watch.pairs) { identities.current[$0]?.meshAddress }
            try? await Task.sleep(for: Self.steadyInterval)
            lost.formUnion(watch.collect(lostAfter: Self.lossLimit))
        } while !isOver()
        lost.formUnion(await settle(&watch))
        let detail = "\(watch.summary), slowest \(DurationText.format(watch.slowest))"
        guard watch.lostCount > 0 else { return Look(.yes, detail) }
        return Look(.no, "\(watch.lostCount) lost: \(Self.list(lost.sorted())); \(detail)")
    }

    /// Gives the last probes as long as every other.
    @discardableResult
    private func settle(_ watch: inout PingWatch) async -> Set<PingWatch.Pair> {
        var lost = Set(watch.collect(lostAfter: Self.lossLimit))
        let grace = MonotonicTime.now + Self.lossLimit + Self.steadyInterval
        while watch.isWaiting, MonotonicTime.now < grace {
            try? await Task.sleep(for: Self.lookInterval)
            lost.formUnion(watch.collect(lostAfter: Self.lossLimit))
        }
        watch.end()
        return lost
    }

    /// A few of the pairs, and how many more there are.
    static func list(_ pairs: [PingWatch.Pair]) -> String {
        let shown = pairs.prefix(6).map(\.description).joined(separator: ", ")
        return pairs.count > 6 ? "\(shown) and \(pairs.count - 6) more" : shown
    }
}
