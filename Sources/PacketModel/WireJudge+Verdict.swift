import MeshModel

extension WireJudge {
    /// What can be said by now.
    ///
    /// - Parameters:
    ///   - talking: who should have sent data to whom; without a data packet from each to each the answer is unknown. Nil: somebody to
    ///     somebody; empty: nobody.
    ///   - kernelDrops: frames that the kernel lost before anybody saw them: each of them could have held a canary.
    ///   - doubts: further reasons why the evidence does not suffice.
    public func verdict(
        talking: [MachinePair]? = nil, kernelDrops: UInt64 = 0, doubts further: [String] = []
    ) -> WireVerdict {
        let paths = paths()
        let doubts = doubts(talking, paths, kernelDrops) + further
        func part(_ findings: [Findings], _ failure: String, _ success: String) -> WireVerdict.Part {
            let count = findings.reduce(0) { $0 + $1.count }
            let words = count > 0 ? failure + place(findings) : doubts.isEmpty ? success : doubts.joined(separator: "; ")
            return WireVerdict.Part(
                judgement: count > 0 ? .fail : doubts.isEmpty ? .pass : .unknown, words: words, count: count,
                sightings: findings.flatMap(\.sightings))
        }
        let scope = "among \(total.frames) frames on \(links.count) links"
        let canaries = part(
            [log.canaries, log.names], "\(log.canaries.texts.count) canaries and \(log.names.texts.count) names in the clear",
            "no canary in the clear \(scope)")
        let addresses = part(
            [log.meshAddresses], "\(log.meshAddresses.texts.count) mesh addresses in the clear",
            "no mesh address in the clear \(scope)")
        let kinds = log.kinds.sorted { $0.value > $1.value }.prefix(5).map { "\($0.key) (\($0.value))" }
        let ports = part(
            [log.unexpected], "unexpected: \(kinds.joined(separator: ", "))", "nothing but the expected kinds \(scope)")
        let direct = part(
            [log.detours], "\(paths.reduce(0) { $0 + $1.detoured }) packets took a detour", pathWords(paths))
        let judgements = [canaries, addresses, ports, direct].map(\.judgement)
        return WireVerdict(
            judgement: judgements.contains(.fail) ? .fail : judgements.contains(.unknown) ? .unknown : .pass, canaries: canaries,
            meshAddresses: addresses, ports: ports, directPath: direct, doubts: doubts, total: total, links: links.count,
            kernelDrops: kernelDrops, dataPackets: path.packets, flooded: path.flooded, unmatched: path.unmatched,
            unexpected: log.kinds, pairs: paths.count, paths: Array(paths.prefix(WireVerdict.mostPaths)), flows: topFlows(),
            beyond: flows.overflow)
    }

    private func doubts(_ talking: [MachinePair]?, _ paths: [WireVerdict.Path], _ kernelDrops: UInt64) -> [String] {
        var doubts: [String] = []
        if total.frames == 0 { doubts.append("nothing was captured") }
        if kernelDrops > 0 { doubts.append("the kernel lost \(kernelDrops) frames, any of which could have told something") }
        if cut > 0 { doubts.append("\(cut) frames were captured in part only") }
        if total.frames > 0, talking == nil, path.packets == 0 { doubts.append("no WireGuard data packet was seen") }
        let seen = Set(paths.filter { $0.direct + $0.detoured > 0 }.map(\.pair))
        let silent = (talking ?? []).filter { !seen.contains($0) }
        if let first = silent.first {
            let others = silent.count > 1 ? " and \(silent.count - 1) other pairs" : ""
            doubts.append("no WireGuard data packet from \(first.from) to \(first.to)\(others)")
        }
        return doubts
    }

    private func place(_ findings: [Findings]) -> String {
        guard let first = findings.flatMap(\.sightings).first else { return "" }
        let frames = findings.reduce(0) { $0 + $1.count }
        let links = findings.reduce(into: Set<String>()) { $0.formUnion($1.links) }.count
        let way = first.direction == .entering ? "entering" : "leaving"
        return "; first \(first.what) on \(first.link), \(way), frame \(first.frame); \(frames) times on \(links) links"
    }

    private func pathWords(_ paths: [WireVerdict.Path]) -> String {
        let direct = paths.reduce(0) { $0 + $1.direct }
        var words = "\(direct) data packets between \(paths.count) ordered pairs, all of them direct"
        if path.flooded > 0 { words += "; \(path.flooded) copies flooded by switches that had yet to learn" }
        if path.unmatched > 0 { words += "; \(path.unmatched) packets not seen to enter" }
        return words
    }

    private func paths() -> [WireVerdict.Path] {
        path.pairs.map { key, pair in
            WireVerdict.Path(
                pair: MachinePair(from: machineNames[key.from], to: machineNames[key.to]), direct: pair.direct,
                detoured: pair.detoured, via: pair.via.map { machineNames[$0] }.sorted(), duplicates: pair.duplicates)
        }
        .filter { $0.direct + $0.detoured > 0 }
        .sorted { ($0.detoured == 0 ? 1 : 0, $0.pair) < ($1.detoured == 0 ? 1 : 0, $1.pair) }
    }

    private func topFlows() -> [WireVerdict.Flow] {
        func size(_ flow: FlowTable.Flow) -> UInt64 {
            flow.entered.values.reduce(0) { $0 + $1.bytes } + flow.left.values.reduce(0) { $0 + $1.bytes }
        }
        return flows.flows.map { (key: $0.key, flow: $0.value, size: size($0.value)) }
            .sorted { $0.size > $1.size }
            .prefix(WireVerdict.mostFlows)
            .map { describe($0.key, $0.flow) }
    }

    private func describe(_ key: FlowTable.Key, _ flow: FlowTable.Flow) -> WireVerdict.Flow {
        func end(_ address: IPAddress, _ port: UInt16) -> String {
            port == 0 ? address.description : Endpoint(address: address, port: port).description
        }
        func named(_ amounts: [Int: Amount]) -> [String: Amount] {
            amounts.reduce(into: [:]) { result, entry in
                let name = links.indices.contains(entry.key) ? links[entry.key].name : "?"
                result[name, default: Amount()].frames += entry.value.frames
                result[name, default: Amount()].bytes += entry.value.bytes
            }
        }
        let transports = [
            IPProtocol.udp: "udp", IPProtocol.tcp: "tcp", IPProtocol.icmp: "icmp", IPProtocol.icmpv6: "icmpv6",
        ]
        return WireVerdict.Flow(
            transport: transports[key.protocolNumber] ?? "\(key.protocolNumber)", source: end(key.source, key.sourcePort),
            destination: end(key.destination, key.destinationPort), entered: named(flow.entered), left: named(flow.left),
            wireGuard: flow.messages.reduce(into: [:]) { $0["\($1.key)"] = $1.value })
    }
}
