import AgentLogic
import Basics
import ControlProtocol
import MeshModel
import Netlink
import Observability
import WireGuardModel

extension DataPlane {
    /// What lies below the tunnels, as far as it was looked at.
    struct UnderlayState {
        /// This machine's own addresses.
        var own = OwnUnderlay(places: [], listenPort: 0)
        /// Bytes that fit.
        var mtu = TunnelMTU.standard
        /// Bytes that the interface was given last; nil before that.
        var appliedMTU: Int?
        /// When the ways to the endpoints are looked at again, and after which change of links.
        var nextLook = MonotonicTime.zero
        var looksAtChange = -1
        /// In which order the endpoints of each peer are tried, worked out when something changed.
        var candidates: [PublicKey: [Endpoint]] = [:]
    }

    /// Remembers this machine's own addresses, those of the mesh left out.
    func noteUnderlay(_ addresses: [InterfaceAddress], _ state: Membership.State, besides index: Int32) {
        let mesh = state.registration?.meshRanges ?? []
        let places = addresses.filter { $0.interface != index && !$0.address.isLoopback }.compactMap { found in
            IPPrefix(found.address, length: found.prefixLength).map { OwnUnderlay.Place(address: found.address, segment: $0) }
        }
        underlay.own = OwnUnderlay(
            places: places.filter { place in !mesh.contains { $0.contains(place.address) } }, listenPort: settings.listenPort)
    }

    /// Where to look for each peer, best first.
    func candidates(of wanted: [Peer], _ state: Membership.State, isFull: Bool) -> [PublicKey: [Endpoint]] {
        guard isFull else { return underlay.candidates }
        let mesh = state.registration?.meshRanges ?? []
        let pairs = wanted.map { peer in
            let order = CandidateOrder.order(
                announced: peer.endpoints, observed: peer.observedEndpoints ?? [], own: underlay.own, mesh: mesh)
            return (peer.publicKey, order)
        }
        underlay.candidates = Dictionary(pairs) { first, _ in first }
        return underlay.candidates
    }

    /// Has the sessions follow peers that say that they are elsewhere now.
    func noteDepartures(_ wanted: [Peer]) {
        for peer in wanted {
            guard let before = settled.peers[peer.id], before.endpoints != peer.endpoints else { continue }
            formation.leave(Set(before.endpoints).subtracting(peer.endpoints), by: peer.publicKey)
        }
    }

    /// Tells others where this machine sees those that do not know it themselves.
    func noteSeen(_ wanted: [Peer], _ device: WireGuardDevice) {
        let observed = Dictionary(device.peers.map { ($0.publicKey, $0) }) { first, _ in first }
        var seen: [MachineID: Endpoint] = [:]
        for peer in wanted where formation.hasSession(peer.publicKey) {
            guard let found = observed[peer.publicKey], found.receivedBytes > 0, let endpoint = found.endpoint,
                !peer.endpoints.contains(endpoint)
            else { continue }
            seen[peer.id] = endpoint
        }
        membership.noteSeen(seen)
    }

    /// Follows what the underlay lets through: looks at the route to each endpoint, now and then and after each change of a link.
    func followMTU(_ device: WireGuardDevice, _ state: Membership.State, _ now: MonotonicTime) throws(CodedError) {
        guard settings.mtu == nil, underlay.nextLook <= now || underlay.looksAtChange != state.underlayChanges else { return }
        let addresses = Set(device.peers.compactMap { $0.endpoint?.address })
        var mtus: [Int32: Int] = [:]
        for link in try routes.links() where link.index != settled.index { mtus[link.index] = link.mtu }
        var paths: [TunnelMTU.Path] = []
        for address in addresses {
            guard let path = try routes.path(to: address), let link = mtus[path.interface] else { continue }
            paths.append(TunnelMTU.Path(isIPv4: address.isIPv4, mtu: min(path.mtu ?? link, link)))
        }
        // A look-up takes about 20 microseconds: never more than a few thousandths of the time.
        underlay.nextLook = now + .seconds(1) + .milliseconds(10) * addresses.count
        underlay.looksAtChange = state.underlayChanges
        let mtu = TunnelMTU.fitting(paths)
        guard mtu != underlay.mtu else { return }
        logger.event(
            "mtu-changed", "packets in the mesh may have \(mtu) bytes: that fits the underlay",
            [
                "interface": "\(settings.interface)", "mtu": .stringConvertible(mtu), "was": .stringConvertible(underlay.mtu),
            ])
        underlay.mtu = mtu
        _ = try raiseInterface()
    }
}
