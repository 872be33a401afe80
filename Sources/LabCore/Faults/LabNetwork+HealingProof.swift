import Fabric
import LinuxProcess
import NetworkModel
import ScenarioModel

/// Whether what a healing ended is gone: probes get through as the faults that stay on allow, and machines are as they were.
extension LabNetwork {
    /// - Returns: nil if nothing was on.
    func proofOfHealing(_ name: String?) async throws -> FaultProof? {
        let ended = memory.faults.filter { name == nil || $0.key == name }
        guard !ended.isEmpty || (name == nil && !memory.troubled.isEmpty) else { return nil }
        var parts: [FaultProof] = []
        if !ended.isEmpty { parts.append(try await proofOfOpenLinks(ended)) }
        for (name, fault) in ended {
            if case .block(let links, let traffic) = fault { parts.append(try await proofOfUnblocking(name, links, traffic)) }
        }
        if name == nil { parts.append(try proofOfSoundMachines(memory.troubled.sorted())) }
        let details = parts.map(\.detail).joined(separator: "; ")
        if let bad = parts.first(where: { $0.answer != .yes }) { return bad }
        // Probes cannot tell it where another fault does the same, or where it was too small to be seen.
        let left = ended.keys.filter { faults[$0] != nil }.sorted()
        return .missing(left, else: details, "still among the faults that are on")
    }

    private func proofOfOpenLinks(_ ended: [String: LinkFault]) async throws -> FaultProof {
        // Not the lab's own state: a fault that it forgot to end must be found.
        var staying = memory.faultSet
        for name in ended.keys { staying.remove(name) }
        let open = ended.values.reduce(into: Set<DirectedLink>()) { $0.formUnion($1.links) }.filter {
            !staying.state(of: $0).isCut
        }
        let seen = ProofJudge.open(try await sample(open, count: 5, spacing: .milliseconds(5)))
        guard seen.answer == .yes else { return seen }
        var count = 0
        for case .impairment(let links, let properties) in ended.values {
            for sample in try await measure(links.intersection(open), properties) {
                count += sample.probes.count
                let wrong = ProofJudge.impaired(sample, effective(on: sample.link, under: staying))
                if let first = wrong.first { return FaultProof(.no, "still impaired: \(sample.link): \(first)") }
            }
            if let proof = try await proofOfSpeed(links.intersection(open), properties, staying) { return proof }
        }
        return count == 0 ? seen : FaultProof(.yes, "\(count) probes are not impaired any more")
    }

    /// - Returns: nil if the links are not as slow any more as the fault made them, or never were.
    private func proofOfSpeed(_ links: Set<DirectedLink>, _ gone: LinkProperties, _ staying: FaultSet) async throws -> FaultProof?
    {
        guard let rate = gone.rate else { return nil }
        let free = links.filter { effective(on: $0, under: staying).rate == nil }
        for sample in try await sample(
            free, count: Self.frames(at: rate), spacing: .zero, most: 2, patience: .seconds(2), length: Self.longProbe)
        {
            guard let measured = sample.rate, measured < Double(rate) * 2 else { continue }
            return FaultProof(.no, "still slow: \(sample.link): \(Int(measured / 1_000)) kbit/s")
        }
        return nil
    }

    private func proofOfSoundMachines(_ names: [String]) throws -> FaultProof {
        let fabric = try parts().fabric
        let table = try ProcessTable.read()
        var wrong: [String] = []
        for name in names {
            guard let node = try machine(name).node else { continue }
            if Self.writeError(in: node.statePath) != nil { wrong.append("\(name)'s disk") }
            guard let routes = node.routes, let card = try routes.link(named: FabricMachine.cardName) else { continue }
            if !card.hasCarrier { wrong.append("\(name)'s cable") }
            if card.mtu != fabric.topology.mtu { wrong.append("\(name)'s MTU") }
            for pid in try machine(name).services.values.map(\.process.pid) where table.entries[pid]?.state == "T" {
                wrong.append("process \(pid) of \(name)")
            }
        }
        return .missing(wrong, else: "\(names.count) machines are sound", "not as before")
    }
}
