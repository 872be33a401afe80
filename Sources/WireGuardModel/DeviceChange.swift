import MeshModel

/// What to change on a WireGuard device, in one transaction: whatever is not mentioned stays as it is.
///
/// There is no way to say "replace all peers": that would end every session of the device.
public struct DeviceChange: Hashable, Sendable {
    /// A new private key; nil leaves it. WireGuard removes a peer whose public key belongs to it, and ends all sessions.
    public var privateKey: PrivateKey?
    /// A new UDP port; nil leaves it.
    public var listenPort: UInt16?
    /// In this order.
    public var peers: [PeerChange]

    public init(privateKey: PrivateKey? = nil, listenPort: UInt16? = nil, peers: [PeerChange] = []) {
        self.privateKey = privateKey
        self.listenPort = listenPort
        self.peers = peers
    }

    public var isEmpty: Bool { privateKey == nil && listenPort == nil && peers.isEmpty }
}

/// What to change of one peer.
public enum PeerChange: Hashable, Sendable {
    /// A peer that the device does not hold.
    ///
    /// A keepalive above zero makes WireGuard send one at once, hence start a handshake.
    case add(PublicKey, endpoint: Endpoint?, allowedIPs: [IPPrefix], persistentKeepalive: UInt16)
    /// A peer that the device holds; one that has vanished meanwhile is not created. Nil leaves a field as it is.
    case update(PublicKey, endpoint: Endpoint?, allowedIPs: AllowedIPChange?, persistentKeepalive: UInt16?)
    /// The peer, its session and its allowed IPs go.
    case remove(PublicKey)

    /// The peer concerned.
    public var publicKey: PublicKey {
        switch self {
        case .add(let key, _, _, _), .update(let key, _, _, _), .remove(let key): key
        }
    }
}

/// What to change of a peer's allowed IPs.
public enum AllowedIPChange: Hashable, Sendable {
    /// Gives it more; each one is taken from the peer that had it before.
    case add([IPPrefix])
    /// Leaves it with exactly these. The peer's packets drop for a moment, so only where something must be taken away.
    case replace([IPPrefix])
}
