import MeshModel

/// Who this machine is in its mesh.
public struct OwnIdentity: Sendable, Hashable {
    public var id: MachineID
    public var publicKey: PublicKey
    public var meshAddress: IPAddress
    /// The pool that mesh addresses come from; a peer's address outside it is not believed.
    public var meshPrefix: IPPrefix

    public init(id: MachineID, publicKey: PublicKey, meshAddress: IPAddress, meshPrefix: IPPrefix) {
        self.id = id
        self.publicKey = publicKey
        self.meshAddress = meshAddress
        self.meshPrefix = meshPrefix
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
        /// Its key or mesh address is that of a machine with a lower id.
        case duplicate
    }

    /// By machine id; no key and no mesh address twice.
    public private(set) var wanted: [Peer] = []
    /// Everybody else in the map.
    public private(set) var rejected: [MachineID: Reason] = [:]

    /// Decides for each peer by itself, and for duplicates by the order of their ids, so that every update gives the same answer.
    public init(from peers: some Sequence<Peer>, own: OwnIdentity) {
        var keys: Set<PublicKey> = []
        var addresses: Set<IPAddress> = []
        for peer in peers.sorted(by: { $0.id < $1.id }) {
            if let reason = Self.reasonAgainst(peer, own: own) {
                rejected[peer.id] = reason
            } else if keys.contains(peer.publicKey) || addresses.contains(peer.meshAddress) {
                rejected[peer.id] = .duplicate
            } else {
                keys.insert(peer.publicKey)
                addresses.insert(peer.meshAddress)
                wanted.append(peer)
            }
        }
    }

    private static func reasonAgainst(_ peer: Peer, own: OwnIdentity) -> Reason? {
        if peer.id == own.id { return .own }
        if peer.publicKey == own.publicKey || peer.meshAddress == own.meshAddress { return .claimsOurs }
        if !own.meshPrefix.contains(peer.meshAddress) { return .outsideMesh }
        if peer.liveness == .unresponsive { return .unresponsive }
        return nil
    }
}
