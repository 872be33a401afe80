import MeshModel
import WireGuardModel

/// The smallest change that turns what is into what should be.
///
/// To be carried out in the order of its fields, so that a peer that goes fails at once instead of losing packets in silence, and one
/// that comes is ready before packets are sent its way.
public struct ReconcilePlan: Sendable, Hashable {
    /// Routes of peers that go.
    public var routesToRemove: [IPPrefix] = []
    /// One transaction on the WireGuard device.
    public var change = DeviceChange()
    /// Routes of peers that come.
    public var routesToAdd: [IPPrefix] = []

    public var isEmpty: Bool { routesToRemove.isEmpty && change.isEmpty && routesToAdd.isEmpty }
}

/// Compares the data plane with what it should be.
public enum Reconciler {
    /// Seconds between keepalives of a session: shorter than what NAT gateways forget after.
    public static let keepaliveSeconds: UInt16 = 25

    /// The plan. A peer that is as it should be appears nowhere in it.
    public static func plan(_ wanted: WantedState, device: WireGuardDevice, routes: [ObservedRoute]) -> ReconcilePlan {
        let wantedPeers = wanted.peers.filter { $0.publicKey != wanted.publicKey }
        var plan = ReconcilePlan()
        if device.privateKey != wanted.privateKey { plan.change.privateKey = wanted.privateKey }
        if device.listenPort != wanted.listenPort { plan.change.listenPort = wanted.listenPort }
        plan.change.peers = peerChanges(wantedPeers, observed: device.peers)

        let destinations = Set(wantedPeers.flatMap(\.allowedIPs).filter { wanted.routesIPv6 || $0.address.isIPv4 })
        let present = Set(routes.map(\.destination))
        plan.routesToRemove = Set(routes.filter(\.isOurs).map(\.destination)).subtracting(destinations).sorted()
        plan.routesToAdd = destinations.subtracting(present).sorted()
        return plan
    }

    /// Peers that stay; then new ones; then removals: so an address that passes from one peer to another belongs to one of them at every
    /// moment. Whoever gets it takes it. Each in the order of keys.
    private static func peerChanges(_ wanted: [WantedPeer], observed: [WireGuardPeer]) -> [PeerChange] {
        let wantedKeys = Set(wanted.map(\.publicKey))
        let known = Dictionary(observed.map { ($0.publicKey, $0) }) { first, _ in first }
        let removals = known.keys.filter { !wantedKeys.contains($0) }.sorted().map { PeerChange.remove($0) }

        let gains = Dictionary(
            wanted.flatMap { peer in gained(peer, known[peer.publicKey]).map { ($0, peer.publicKey) } },
            uniquingKeysWith: { first, _ in first })
        var updates: [PeerChange] = []
        var additions: [PeerChange] = []
        for peer in wanted.sorted(by: { $0.publicKey < $1.publicKey }) {
            guard let observed = known[peer.publicKey] else {
                additions.append(addition(of: peer))
                continue
            }
            if peer.start == .first || peer.start == .again, !peer.hasSession {
                updates += [.remove(peer.publicKey), addition(of: peer)]
                continue
            }
            updates += probe(of: peer, observed)
            if let update = update(of: peer, from: observed, gains: gains) {
                updates.append(update)
            }
        }
        return updates + additions + removals
    }

    /// The allowed IPs that a peer gets with this change, taking them from whoever has them.
    private static func gained(_ peer: WantedPeer, _ observed: WireGuardPeer?) -> [IPPrefix] {
        guard let observed else { return peer.allowedIPs }
        return peer.allowedIPs.filter { !observed.allowedIPs.contains($0) }
    }

    /// A keepalive over the session: turning it on sends one.
    private static func probe(of peer: WantedPeer, _ observed: WireGuardPeer) -> [PeerChange] {
        guard observed.persistentKeepalive != 0 else { return [] }
        let endpoint: Endpoint?
        switch peer.start {
        case .probe: endpoint = nil
        case .probeFromNewAddress: endpoint = observed.endpoint
        case .probeWhereItIs: endpoint = peer.hasSession ? peer.endpoint : nil
        case .first, .again, nil: return []
        }
        return [
            .update(peer.publicKey, endpoint: endpoint, allowedIPs: nil, persistentKeepalive: 0),
            .update(peer.publicKey, endpoint: nil, allowedIPs: nil, persistentKeepalive: keepaliveSeconds),
        ]
    }

    private static func addition(of peer: WantedPeer) -> PeerChange {
        .add(
            peer.publicKey, endpoint: peer.endpoint, allowedIPs: peer.allowedIPs,
            persistentKeepalive: peer.keepsAlive ? keepaliveSeconds : 0)
    }

    private static func update(
        of peer: WantedPeer, from observed: WireGuardPeer, gains: [IPPrefix: PublicKey]
    ) -> PeerChange? {
        // What another peer gains in the same transaction leaves this one by itself.
        let surplus = observed.allowedIPs.filter { !peer.allowedIPs.contains($0) && gains[$0] == nil }
        let missing = gained(peer, observed).sorted()
        let allowedIPs: AllowedIPChange? =
            if !surplus.isEmpty { .replace(peer.allowedIPs) } else if !missing.isEmpty { .add(missing) } else { nil }

        let needsKeepalive = peer.keepsAlive && observed.persistentKeepalive != keepaliveSeconds
        let endpoint = !peer.hasSession && observed.endpoint == nil ? peer.endpoint : nil
        guard allowedIPs != nil || needsKeepalive || endpoint != nil else { return nil }
        return .update(
            peer.publicKey, endpoint: endpoint, allowedIPs: allowedIPs,
            persistentKeepalive: needsKeepalive ? keepaliveSeconds : nil)
    }
}
