import Basics
import Glibc
import MeshModel
import Namespaces
import Netlink
import NetworkModel

/// Sites, their routers, and address translation.
extension Fabric {
    /// The router of a site.
    ///
    /// - Throws: `lab.site`.
    public func router(_ site: String) throws(CodedError) -> SiteRouter {
        guard let router = routers.first(where: { $0.site == site }) else { throw CodedError("lab.site", "no site \(site)") }
        return router
    }

    func buildSites(isolation: isolated (any Actor)? = #isolation) async throws(CodedError) {
        guard !topology.sites.isEmpty else { return }
        var made: [Int: MachineFactory.Made] = [:]
        try factory.make(topology.sites.count) { index throws(CodedError) in
            var steps: [MachineStep] = [.hostname("\(topology.sites[index].name)-router")]
            steps.append(.write("1", to: "/proc/sys/net/ipv4/ip_forward"))
            for name in ["all", "default"] {
                steps.append(.writeIfThere("0", to: "/proc/sys/net/ipv6/conf/\(name)/accept_ra"))
                steps.append(.writeIfThere("1", to: "/proc/sys/net/ipv6/conf/\(name)/forwarding"))
            }
            return MachineOrder(name: "\(topology.sites[index].name)-router", steps: steps + [.mount(.proc)])
        } ready: { index, router throws(CodedError) in
            made[index] = router
        }
        for index in topology.sites.indices {
            guard let made = made[index] else { continue }
            let router = try SiteRouter(
                index: index, plan: topology.sites[index], addresses: plan.routerOutside(site: index),
                prefixes: plan.prefixes(of: .site(index)), made: made)
            routers.append(router)
            try connect(router)
            if let nat = router.nat { try await translate(router, nat) }
        }
    }

    private func connect(_ router: SiteRouter) throws(CodedError) {
        let site = Topology.Place(segment: .site(router.index))
        let ends = [
            (Topology.Place.backbone, router.portNames.backbone, SiteRouter.outside, SiteRouter.outsideIndex),
            (site, router.portNames.site, SiteRouter.inside, SiteRouter.insideIndex),
        ]
        var cables = NetlinkBatch()
        var cards = NetlinkBatch()
        cards.setLink(1, up: true)
        for (place, port, card, index) in ends {
            cables.addVeth(
                near: VethEnd(name: port, master: try takePort(place), up: true), numbers.next(),
                far: VethEnd(name: card, namespace: router.namespaces.network), index, mtu: topology.mtu)
            cards.leaveOutLinkLocalAddress(index)
            let own = place == site ? plan.routerInside(site: router.index) : router.addresses
            for address in own {
                let length = AddressPlan.prefixLength(address, place.segment)
                cards.addAddress(InterfaceAddress(address: address, prefixLength: length, interface: index))
            }
            if topology.families != .ipv4 {
                // A router asks for its neighbours in the name of a link-local address.
                let local = IPAddress.v6(0xfe80 << 48, 0x0078_00ff_fe00_0000 | UInt64(router.index * 2) | (place == site ? 1 : 0))
                cards.addAddress(InterfaceAddress(address: local, prefixLength: 64, interface: index))
            }
            cards.setLink(index, up: true)
        }
        for other in topology.sites.indices where other != router.index {
            for route in routes(toSite: other, interface: SiteRouter.outsideIndex) { cards.setRoute(route) }
        }
        try kernel.perform(cables)
        try router.routes.perform(cards)
    }

    /// Changes how a gateway chooses mappings; those that it has are forgotten.
    ///
    /// - Throws: `lab.site`; `nat.none` if the site has no gateway; `nat.rules`; `fault.not-in-effect`.
    public func setNAT(
        of site: String, kind: NATPlan.Kind, isolation: isolated (any Actor)? = #isolation
    ) async throws(CodedError) {
        let router = try router(site)
        guard var nat = router.nat else { throw CodedError("nat.none", "site \(site) has no NAT gateway") }
        nat.kind = kind
        try await translate(router, nat)
    }

    /// Makes a gateway forget its mappings: whoever sends on gets new external ports.
    ///
    /// - Returns: the mappings that there were.
    /// - Throws: `lab.site`, `nat.none`, `nat.rules`; `fault.not-in-effect` if one of them is still there with its port.
    @discardableResult
    public func flushNAT(of site: String, isolation: isolated (any Actor)? = #isolation) async throws(CodedError) -> [NATMapping]
    {
        let router = try router(site)
        guard let nat = router.nat else { throw CodedError("nat.none", "site \(site) has no NAT gateway") }
        let before = try mappings(of: site)
        try await translate(router, nat)
        // New ones may be there already, and one of them with its old port by chance.
        let kept = Set(before.map(Socket.init)).intersection(try mappings(of: site).map(Socket.init))
        guard kept.count <= 1 + before.count / 100 + before.count / settings.natPorts.count else {
            throw CodedError("fault.not-in-effect", "the gateway of \(site) still has \(kept.count) mappings")
        }
        return before
    }

    /// The IPv4 mappings of a gateway in use now, one for each remote.
    ///
    /// - Throws: `lab.site`, `netlink.conntrack`.
    public func mappings(of site: String) throws(CodedError) -> [NATMapping] {
        let router = try router(site)
        let external = router.addresses.first { $0.isIPv4 }
        return try router.tracked.entries().compactMap { entry in
            // Begun from inside: the answers' destination is the outside address. Begun from outside: the first packet's is.
            if entry.replyDestination.address == external, entry.source.address != external {
                return NATMapping(
                    transport: entry.transport, inside: entry.source, outside: entry.replyDestination, remote: entry.destination,
                    remaining: entry.remaining)
            }
            guard entry.destination.address == external, entry.replySource.address != external else { return nil }
            return NATMapping(
                transport: entry.transport, inside: entry.replySource, outside: entry.destination, remote: entry.source,
                remaining: entry.remaining)
        }
    }

    /// A mapping without who it is with.
    private struct Socket: Hashable {
        let transport: UInt8
        let inside: Endpoint
        let outside: Endpoint

        init(_ mapping: NATMapping) {
            transport = mapping.transport
            inside = mapping.inside
            outside = mapping.outside
        }
    }

    /// Brings a gateway's rules and timeouts to what is wanted, and empties its memory.
    private func translate(
        _ router: SiteRouter, _ nat: NATPlan, isolation: isolated (any Actor)? = #isolation
    ) async throws(CodedError) {
        guard let nft = settings.nft else {
            throw CodedError("nat.rules", "a NAT gateway needs nft (Debian package nftables), which is not here")
        }
        let seconds = max(1, Int(nat.mappingTimeout.inSeconds.rounded()))
        let script = NATRules.script(
            nat.kind, external: router.addresses.first { $0.isIPv4 }, ports: settings.natPorts, seconds: seconds)
        do throws(CodedError) {
            try await ShortCommand.run(
                nft, ["-f", "-"], input: script, in: settings.root, namespacesOf: router.namespaces.entry)
        } catch {
            throw CodedError("nat.rules", "cannot set up the gateway of \(router.site)", cause: error)
        }
        for name in ["", "_stream"] {
            try router.namespaces.set("net/netfilter/nf_conntrack_udp_timeout\(name)", to: "\(seconds)")
        }
        try router.tracked.flush()
        router.nat = nat
    }
}
