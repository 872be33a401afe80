import Basics
import ScenarioModel

/// The condition about those whom no fault has touched.
extension ScenarioRun {
    /// Probes every pair that no fault has touched until the probe is judged, and counts what is lost.
    ///
    /// - Parameter isInvariant: the check has begun before the machines; each pair counts from its first answer on.
    func pingUntouched(loss limit: Double, isInvariant: Bool, isOver: () -> Bool) async -> Look {
        await refreshDirectory()
        let names = scenario.machineNames
        var watch = PingWatch(from: names, to: names, prober: network.prober)
        var scout = PingWatch(from: names, to: names, prober: network.prober)
        var lost: [PingWatch.Pair: Int] = [:]
        func judge(_ pairs: [PingWatch.Pair]) {
            for pair in pairs where !touch.isTouched(pair.from, pair.to) { lost[pair, default: 0] += 1 }
        }
        repeat {
            if names.contains(where: { directory.address(of: $0) == nil }) { await refreshDirectory() }
            let addresses = await addresses(of: names, over: .mesh)
            let open = watch.pairs.filter { !touch.isTouched($0.from, $0.to) }
            watch.send(open.filter { !isInvariant || scout.answered.contains($0) }) { addresses[$0] }
            if isInvariant { scout.send(open.filter { !scout.answered.contains($0) }) { addresses[$0] } }
            try? await Task.sleep(for: Self.steadyInterval)
            judge(watch.collect(lostAfter: Self.lossLimit))
            _ = scout.collect(lostAfter: Self.lossLimit)
        } while !isOver()
        scout.end()
        judge(await settle(&watch))
        let count = lost.values.reduce(0, +)
        let untouched = watch.pairs.filter { !touch.isTouched($0.from, $0.to) }.count
        let detail = "\(untouched) pairs stayed untouched; \(watch.summary), slowest \(DurationText.format(watch.slowest))"
        let probes = watch.sent + watch.refused.values.reduce(0, +)
        guard probes > 0 else { return Look(.unknown, "no pair was left to probe; \(detail)") }
        guard Double(count) <= limit * Double(probes) else {
            return Look(.no, "\(count) lost: \(Self.list(lost.keys.sorted())); \(detail)")
        }
        let silent = isInvariant ? await silentPairs(scout) : []
        guard silent.isEmpty else { return Look(.unknown, "never answered: \(Self.list(silent)); \(detail)") }
        return Look(.yes, "\(count) lost; \(detail)")
    }

    /// Pairs that no fault has touched and that have never answered, although everything runs on both: nobody knows why.
    private func silentPairs(_ scout: PingWatch) async -> [PingWatch.Pair] {
        let running = Set(await network.membersRunning())
        return scout.pairs.filter {
            !scout.answered.contains($0) && !touch.isTouched($0.from, $0.to) && running.contains($0.from)
                && running.contains($0.to)
        }
    }
}
