import Basics
import NetworkModel
import ScenarioModel

/// What steps do to links, addresses and disks.
extension LabNetwork {
    func apply(_ name: String, _ fault: LinkFault) async throws {
        faults[name] = fault
        guard case .cut(let links, _) = fault else { throw CodedError("fault.unknown", "not yet") }
        var pairs: Set<PacketFilter.PortPair> = []
        for link in links {
            pairs.insert(
                PacketFilter.PortPair(
                    from: Underlay.portName(try machine(link.from).index), to: Underlay.portName(try machine(link.to).index)))
        }
        var changed = filter
        try await changed.add(name: name, pairs: pairs)
        filter = changed
    }

    /// Ends one fault; nil: all, and paused services go on.
    func heal(_ name: String?) async throws {
        healedLinks = faults.filter { name == nil || $0.key == name }.reduce(into: []) { $0.formUnion($1.value.links) }
        var changed = filter
        try await changed.remove(name: name)
        filter = changed
        if let name {
            faults[name] = nil
        } else {
            faults = [:]
            try resumeAll()
        }
    }

    /// Whether a cut keeps packets from one to the other, in either direction.
    func isSeparated(_ one: String, _ other: String) -> Bool {
        faults.values.contains { fault in
            guard case .cut(let links, _) = fault else { return false }
            return links.contains(DirectedLink(from: one, to: other)) || links.contains(DirectedLink(from: other, to: one))
        }
    }

    func setCable(_ names: [String], isUp: Bool) async throws {}
    func setMTU(_ names: [String], _ bytes: Int) async throws {}
    func roam(_ names: [String], to place: String?) async throws {}
    func changeNAT(_ site: String, _ change: NATChange) async throws {}
    func setDisk(_ names: [String], _ state: DiskState) async throws {}
    func readBack(_ action: Action) async throws -> FaultProof? { nil }
    func proofOfBlock(_ links: Set<DirectedLink>, _ traffic: Traffic) async throws -> FaultProof {
        FaultProof(.unknown, "not yet")
    }

    /// Whether a cut is on the link.
    func isCut(_ link: DirectedLink) -> Bool {
        faults.values.contains { if case .cut(let links, _) = $0 { links.contains(link) } else { false } }
    }

    /// What packets on the link suffer now, by all faults and the topology together.
    func effective(on link: DirectedLink) -> LinkProperties {
        var sum = LinkProperties()
        for fault in faults.values {
            if case .impairment(let links, let properties) = fault, links.contains(link) { sum = sum.combined(with: properties) }
        }
        return sum
    }

    func isAddressable(_ name: String, from: String) -> Bool { true }
}
