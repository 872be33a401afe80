import MeshModel

/// Who this machine is in its mesh.
public struct OwnIdentity: Sendable, Hashable {
    public var id: MachineID
    public var publicKey: PublicKey
    public var meshAddress: IPAddress
    /// The pool that mesh addresses come from; a peer's address outside it is not believed.
    public var meshPrefix: IPPrefix
    /// Nil in a mesh without IPv6.
    public var meshAddress6: IPAddress?
    /// The /64 of the IPv6 mesh addresses; without it no IPv6 address of a peer is used.
    public var meshPrefix6: IPPrefix?

    public init(
        id: MachineID, publicKey: PublicKey, meshAddress: IPAddress, meshPrefix: IPPrefix, meshAddress6: IPAddress? = nil,
        meshPrefix6: IPPrefix? = nil
    ) {
        self.id = id
        self.publicKey = publicKey
        self.meshAddress = meshAddress
        self.meshPrefix = meshPrefix
        self.meshAddress6 = meshAddress6
        self.meshPrefix6 = meshPrefix6
    }
}

/// Which machines of the peer map become WireGuard peers, and why the others do not.
public struct PeerSelection: Sendable, Hashable {
    /// Why a machine of the map is not configured.
    public enum Reason: String, Sendable, Hashable {
        /// It is this machine.
        case own
        /// The coordinator declared it unresponsive.
        case unresponsive
        /// It claims this machine's key or mesh address.
        case claimsOurs = "claims-ours"
        /// Its mesh address is not in the mesh's pool.
        case outsideMesh = "outside-mesh"
        /// Its key or mesh address is that of a machine that has been known for longer, or has a lower id.
        case duplicate
    }

    /// By machine id; no key and no mesh address twice.
    public private(set) var wanted: [Peer] = []
    /// Everybody else in the map.
    public private(set) var rejected: [MachineID: Reason] = [:]

    /// Decides for each peer by itself, and for duplicates by who is known and by the order of their ids, so that every update gives the
    /// same answer.
    ///
    /// - Parameters:
    ///   - held: machines that stay although they are said to be unresponsive: `KeptPeers`.
    ///   - known: machines that nobody else can take a key or an address from: `Pins`.
    public init(
        from peers: some Sequence<Peer>, own: OwnIdentity, holding held: Set<MachineID> = [], known: Set<MachineID> = []
    ) {
        var keys: Set<PublicKey> = []
        var addresses: Set<IPAddress> = []
        let sorted = peers.sorted { $0.id < $1.id }
        for peer in sorted.filter({ known.contains($0.id) }) + sorted.filter({ !known.contains($0.id) }) {
            var peer = peer
            // A mesh whose IPv6 prefix is not known yet: the peer is none the worse for having such an address.
            if own.meshPrefix6 == nil { peer.meshAddress6 = nil }
            let claimed = [peer.meshAddress] + (peer.meshAddress6.map { [$0] } ?? [])
            if let reason = Self.reasonAgainst(peer, own: own, isHeld: held.contains(peer.id)) {
                rejected[peer.id] = reason
            } else if keys.contains(peer.publicKey) || !addresses.isDisjoint(with: claimed) {
                rejected[peer.id] = .duplicate
            } else {
                keys.insert(peer.publicKey)
                addresses.formUnion(claimed)
                wanted.append(peer)
            }
        }
        wanted.sort { $0.id < $1.id }
    }

    private static func reasonAgainst(_ peer: Peer, own: OwnIdentity, isHeld: Bool) -> Reason? {
        if peer.id == own.id { return .own }
        if peer.publicKey == own.publicKey || peer.meshAddress == own.meshAddress { return .claimsOurs }
        if !own.meshPrefix.contains(peer.meshAddress) { return .outsideMesh }
        if let address = peer.meshAddress6, let mesh = own.meshPrefix6 {
            if address == own.meshAddress6 { return .claimsOurs }
            if address.isIPv4 || !mesh.contains(address) { return .outsideMesh }
        }
        return peer.liveness == .unresponsive && !isHeld ? .unresponsive : nil
    }
}
