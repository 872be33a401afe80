/// Says of each fault who does it and how.
struct EngineWords {
    /// In the order of the report.
    let names: [String]
    let demands: [FilterDemand]
    let relays: [LinkPlan.Relay]
    let queues: [LinkPlan.Queue]

    var uses: [EngineUse] { names.flatMap(uses) }

    private func uses(_ fault: String) -> [EngineUse] {
        var uses = demands.filter { $0.fault == fault }.map { EngineUse(fault: fault, engine: .nftables, words: $0.words) }
        func list(_ engine: Engine, _ words: String, _ ports: [String]) {
            guard !ports.isEmpty else { return }
            let shown = ports.prefix(8).joined(separator: ", ") + (ports.count > 8 ? ", … (\(ports.count))" : "")
            uses.append(EngineUse(fault: fault, engine: engine, words: "\(words) \(shown)"))
        }
        func queued(_ isWanted: (LinkPlan.Queue.Discipline) -> Bool) -> [String] {
            queues.filter { $0.faults.contains(fault) && isWanted($0.discipline) }.map {
                "\($0.port.owner) (\($0.direction.rawValue))"
            }
        }
        list(
            .tokenBucket, "a token bucket filter on the whole cable of",
            queued { if case .tokenBucket = $0 { true } else { false } })
        list(.netem, "netem on the whole cable of", queued { if case .netem = $0 { true } else { false } })
        list(.relay, "a seeded relay of frames at", relays.filter { $0.program.serves(fault) }.map(\.port.owner))
        return uses
    }
}

extension RelayProgram {
    /// Whether anything in it was asked for by the fault.
    func serves(_ fault: String) -> Bool {
        [up, down].contains { $0.faults.contains(fault) || $0.links.contains { $0.faults.contains(fault) } }
    }
}
