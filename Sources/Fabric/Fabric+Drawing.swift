import Basics
import MeshModel
import Netlink
import NetworkModel

extension Fabric {
    /// The machines of a topology with their first addresses, none of them booted.
    ///
    /// - Throws: `topology.place`, `topology.twins`, `topology.size`.
    static func draw(
        _ topology: Topology, _ attachments: [Attachment], _ plan: AddressPlan, _ settings: FabricSettings
    ) throws(CodedError) -> (machines: [FabricMachine], settled: [AddressPlan.Segment: Int]) {
        guard topology.sites.count <= AddressPlan.mostSites else {
            throw CodedError("topology.size", "\(topology.sites.count) sites; \(AddressPlan.mostSites) at most")
        }
        guard Set(attachments.map(\.machine)).count == attachments.count else {
            throw CodedError("topology.twins", "two machines have one name")
        }
        var settled: [AddressPlan.Segment: Int] = [:]
        var machines: [FabricMachine] = []
        for (index, attachment) in attachments.enumerated() {
            guard let place = topology.place(named: attachment.place) else {
                throw CodedError(
                    "topology.place", "machine \(attachment.machine) is at \(attachment.place), which does not exist")
            }
            // In the backbone the machine's number in the run, so that the coordinator has the first address.
            let position = place.segment == .backbone ? index : settled[place.segment, default: 0]
            settled[place.segment, default: 0] += 1
            guard position < AddressPlan.capacity(of: place.segment) else {
                throw CodedError("topology.size", "too many machines at \(attachment.place)")
            }
            machines.append(
                FabricMachine(
                    name: attachment.machine, index: index, place: place,
                    addresses: plan.machine(position, in: place.segment), settings: settings))
        }
        return (machines, settled)
    }

    /// `/etc/hosts` of every machine.
    var hostsText: String {
        var text = "127.0.0.1 localhost\n::1 localhost\n"
        for machine in machines {
            for address in machine.addresses { text += "\(address) \(machine.name)\n" }
        }
        return text
    }

    /// The routes of a machine at that place, beside those to its own segment.
    func routes(at place: Topology.Place, interface: Int32) -> [Route] {
        if case .site(let site) = place.segment {
            return plan.routerInside(site: site).map { gateway in
                let nowhere = gateway.isIPv4 ? IPAddress.v4(0) : .v6(0, 0)
                return Route(
                    destination: IPPrefix(nowhere, length: 0) ?? IPPrefix(host: nowhere), interface: interface, gateway: gateway,
                    protocolNumber: 4)
            }
        }
        return topology.sites.indices.flatMap { routes(toSite: $0, interface: interface) }
    }

    /// The routes from the backbone into a site. Into one behind address translation there is none for IPv4.
    func routes(toSite site: Int, interface: Int32) -> [Route] {
        zip(plan.prefixes(of: .site(site)), plan.routerOutside(site: site)).compactMap { prefix, gateway in
            guard topology.sites[site].nat == nil || !gateway.isIPv4 else { return nil }
            return Route(destination: prefix, interface: interface, gateway: gateway, protocolNumber: 4)
        }
    }
}
