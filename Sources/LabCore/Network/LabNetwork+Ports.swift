import Basics
import Fabric
import MeshModel
import Netlink
import NetworkModel
import ScenarioModel

/// Where cables end, for the emulator of link faults.
extension LabNetwork {
    /// The name under which the emulator knows the cable of a site's router, or of a further switch.
    private static func cable(of place: String) -> String { "cable:\(place)" }

    /// What the topology says of each cable that is no plain wire.
    var basis: [String: LinkPair] {
        var basis: [String: LinkPair] = [:]
        for plan in scenario.machines where plan.link != LinkPair() { basis[plan.name] = plan.link }
        for site in scenario.topology.sites where site.link != LinkPair() { basis[Self.cable(of: site.name)] = site.link }
        for further in scenario.topology.switches where further.link != LinkPair() {
            basis[Self.cable(of: further.name)] = further.link
        }
        return basis
    }

    /// Brings the kernel to the faults that are wanted now, and reads back.
    func applyFaults() async throws {
        isEmulating = true
        let used = try await parts().emulator.apply(faultSet, ports: try portTable(), basis: basis)
        enginesNow = used
        for use in used where !engines.contains(use) { engines.append(use) }
    }

    /// To be called whenever a cable has been plugged in or pulled out, or leads elsewhere.
    func portsChanged() async throws {
        learnUnderlayAddresses()
        if isEmulating || !basis.isEmpty { try await applyFaults() }
    }

    private func portTable() throws(CodedError) -> PortTable {
        let fabric = try parts().fabric
        var table = PortTable()
        for node in fabric.machines {
            table[node.name] = PortTable.Port(
                owner: node.name, port: node.portName, place: placeName(of: node), addresses: node.addresses,
                externalAddresses: externalAddresses(of: node), inside: FabricMachine.cardName, isOn: node.isRunning)
        }
        for router in fabric.routers {
            let owner = Self.cable(of: router.site)
            table[owner] = PortTable.Port(
                owner: owner, port: router.portNames.backbone, place: "backbone", addresses: router.addresses,
                inside: SiteRouter.outside, isMachine: false)
        }
        for (index, further) in scenario.topology.switches.enumerated() {
            let owner = Self.cable(of: further.name)
            let names = Fabric.trunkNames(index)
            table[owner] = PortTable.Port(
                owner: owner, port: names.backbone, place: "backbone", addresses: [], inside: names.further, isMachine: false)
        }
        return table
    }

    /// One name for each bridge, as far as can be told: a machine that is off is in the first of its switch.
    private func placeName(of node: FabricMachine) -> String {
        let place = "\(node.place)"
        guard allMachines.count > FabricSettings().portsPerBridge - 100 else { return place }
        return node.bridgeIndex.map { "\(place)-\($0)" } ?? place
    }

    /// The site that the machine is in, if it is in one.
    private func site(of node: FabricMachine) -> SitePlan? {
        guard case .site(let index) = node.place.segment else { return nil }
        return scenario.topology.sites[index]
    }

    private func externalAddresses(of node: FabricMachine) -> [IPAddress] {
        guard let site = site(of: node), site.nat != nil, let router = try? parts().fabric.router(site.name) else { return [] }
        return router.addresses.filter(\.isIPv4)
    }

    /// A socket in the namespace at the far end of a cable; nil while it is off.
    func routeSocket(of owner: String) -> RouteSocket? {
        if let machine = machines[owner] { return machine.routes }
        guard let parts = try? parts() else { return nil }
        if let router = parts.fabric.routers.first(where: { Self.cable(of: $0.site) == owner }) { return router.routes }
        return parts.kernel
    }

    /// Whether packets to the machine's own underlay address can reach it from the other.
    func isAddressable(_ name: String, from other: String) -> Bool {
        guard let node = machines[name]?.node, let source = machines[other]?.node else { return false }
        return node.place.segment == source.place.segment || site(of: node)?.nat == nil
    }

    /// Who can reach whom over the underlay: everybody those who are not behind address translation, and these only their neighbours.
    func reachable(_ names: [String]) -> [(from: [String], to: [String])] {
        let sites = Dictionary(grouping: names) { name -> String in
            guard let node = machines[name]?.node, let site = site(of: node), site.nat != nil else { return "" }
            return site.name
        }
        return sites.sorted { $0.key < $1.key }.compactMap { site, members in
            let senders = site.isEmpty ? names : members
            return senders.count > 1 ? (senders, members) : nil
        }
    }

    /// What packets on the link suffer, by these faults (nil: those that are on now) and the topology together.
    func effective(on link: DirectedLink, under faults: FaultSet? = nil) -> LinkProperties {
        var sum = (faults ?? faultSet).state(of: link).properties
        let basis = basis
        if let pair = basis[link.from] { sum = sum.combined(with: pair.up) }
        if let pair = basis[link.to] { sum = sum.combined(with: pair.down) }
        guard let from = machines[link.from]?.node, let to = machines[link.to]?.node, from.place != to.place else { return sum }
        if let name = cableName(of: from), let pair = basis[name] { sum = sum.combined(with: pair.up) }
        if let name = cableName(of: to), let pair = basis[name] { sum = sum.combined(with: pair.down) }
        return sum
    }

    private func cableName(of node: FabricMachine) -> String? {
        if let site = site(of: node) { return Self.cable(of: site.name) }
        return node.place.furtherSwitch.map { Self.cable(of: scenario.topology.switches[$0].name) }
    }
}
