import Basics
import MeshModel
import ScenarioModel
import Timing

/// Conditions about who answers whom.
extension ScenarioRun {
    /// How long a probe of a lasting check may stay without an answer.
    static let lossLimit = Duration.seconds(1)
    /// How long a probe is remembered by a check that waits for a first answer.
    static let forgetLimit = Duration.seconds(5)
    /// How often a lasting check probes each pair.
    static let steadyInterval = Duration.milliseconds(50)

    /// Probes every pair until it has answered once.
    func pingUntilAnswered(from: [String], to: [String], over network: ScenarioModel.Network, deadline: MonotonicTime) async
        -> Look
    {
        var watch = PingWatch(from: from, to: to, prober: self.network.prober, isPlain: network == .underlay)
        // Every pair every 20 ms while they are few; 20,000 probes a second at the most.
        let interval = max(Self.lookInterval, .microseconds(50 * watch.pairs.count))
        while MonotonicTime.now < deadline, !Task.isCancelled {
            if network == .mesh, to.contains(where: { directory.address(of: $0) == nil }) { await refreshDirectory() }
            let addresses = await addresses(of: to, over: network)
            watch.send(watch.pairs.filter { !watch.answered.contains($0) }) { addresses[$0] }
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
    func pingNever(from: [String], to: [String], over network: ScenarioModel.Network, isOver: () -> Bool) async -> Look {
        await refreshDirectory()
        var watch = PingWatch(from: from, to: to, prober: self.network.prober, isPlain: network == .underlay)
        var addresses = await addresses(of: to, over: network)
        // Before anybody has an address, the ones that the pool will give out stand in for them.
        if network == .mesh { addresses.merge(directory.predictions) { known, _ in known } }
        repeat {
            watch.send(watch.pairs) { addresses[$0] }
            try? await Task.sleep(for: Self.steadyInterval)
            _ = watch.collect(lostAfter: Self.lossLimit)
        } while watch.answered.isEmpty && !isOver() && !Task.isCancelled
        await settle(&watch)
        guard watch.answered.isEmpty else {
            return Look(.yes, "answered: \(Self.list(watch.answered.sorted())); \(watch.summary)")
        }
        let wasTried = watch.off.isEmpty && watch.unknown.isEmpty && watch.sent + watch.refused.values.reduce(0, +) > 0
        return Look(wasTried ? .no : .unknown, watch.summary)
    }

    /// Probes every pair at a steady pace and counts what is lost.
    func pingSteadily(from: [String], to: [String], over network: ScenarioModel.Network, isOver: () -> Bool) async -> Look {
        await refreshDirectory()
        var watch = PingWatch(from: from, to: to, prober: self.network.prober, isPlain: network == .underlay)
        var lost: Set<PingWatch.Pair> = []
        repeat {
            let addresses = await addresses(of: to, over: network)
            watch.send(watch.pairs) { addresses[$0] }
            try? await Task.sleep(for: Self.steadyInterval)
            lost.formUnion(watch.collect(lostAfter: Self.lossLimit))
        } while !isOver()
        lost.formUnion(await settle(&watch))
        let detail = "\(watch.summary), slowest \(DurationText.format(watch.slowest))"
        guard watch.lostCount > 0 else { return Look(.yes, detail) }
        return Look(.no, "\(watch.lostCount) lost: \(Self.list(lost.sorted())); \(detail)")
    }

    /// Whether machines answer one another inside their groups, and nobody across them.
    func pingGroups(_ groups: [[String]], isOver: () -> Bool) async -> Look {
        await refreshDirectory()
        let all = groups.flatMap { $0 }
        let group = Dictionary(groups.enumerated().flatMap { number, names in names.map { ($0, number) } }) { first, _ in first }
        var wrong: Set<PingWatch.Pair> = []
        var watch: PingWatch
        repeat {
            watch = PingWatch(from: all, to: all, prober: network.prober)
            let addresses = await addresses(of: all, over: .mesh)
            watch.send(watch.pairs) { addresses[$0] }
            await settle(&watch)
            wrong = Set(watch.pairs.filter { watch.answered.contains($0) != (group[$0.from] == group[$0.to]) })
            guard watch.off.isEmpty, watch.unknown.isEmpty else { return Look(.unknown, watch.summary) }
        } while wrong.isEmpty && !isOver()
        let detail = "\(watch.answered.count) of \(watch.pairs.count) pairs answer"
        guard !wrong.isEmpty else { return Look(.yes, detail) }
        return Look(.no, "\(detail); not as expected: \(Self.list(wrong.sorted()))")
    }

    /// Gives the last probes as long as every other.
    @discardableResult
    func settle(_ watch: inout PingWatch) async -> [PingWatch.Pair] {
        var lost = watch.collect(lostAfter: Self.lossLimit)
        let grace = MonotonicTime.now + Self.lossLimit + Self.steadyInterval
        while watch.isWaiting, MonotonicTime.now < grace {
            try? await Task.sleep(for: Self.lookInterval)
            lost += watch.collect(lostAfter: Self.lossLimit)
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
