import MeshModel
import WireGuardModel

/// What the data plane should be.
public struct WantedState: Sendable, Hashable {
    public var privateKey: PrivateKey
    /// The key that belongs to `privateKey`: never configured as a peer.
    public var publicKey: PublicKey
    /// UDP port, 1…65535.
    public var listenPort: UInt16
    /// No public key and no allowed IP twice; a peer with the own key is passed over.
    public var peers: [WantedPeer]
    /// Whether this machine can have IPv6 routes. Allowed IPs stay as they are without: changing them would cost packets.
    public var routesIPv6: Bool

    public init(
        privateKey: PrivateKey, publicKey: PublicKey, listenPort: UInt16, peers: [WantedPeer], routesIPv6: Bool = true
    ) {
        self.privateKey = privateKey
        self.publicKey = publicKey
        self.listenPort = listenPort
        self.peers = peers
        self.routesIPv6 = routesIPv6
    }
}

/// What one WireGuard peer should be.
public struct WantedPeer: Sendable, Hashable {
    public var publicKey: PublicKey
    /// The peer's mesh addresses, one or two. Each gets a route.
    public var allowedIPs: [IPPrefix]
    /// Where to look for the peer when it is added or its handshake is started; after that WireGuard knows better.
    public var endpoint: Endpoint?
    /// Whether the keepalive that starts and keeps a session should be on.
    public var keepsAlive: Bool
    /// Whether there is a session: then the peer is neither restarted nor pointed elsewhere.
    public var hasSession: Bool
    /// A handshake to start now, or a keepalive to send.
    public var start: HandshakeStart?

    public init(
        publicKey: PublicKey, allowedIPs: [IPPrefix], endpoint: Endpoint? = nil, keepsAlive: Bool = true,
        hasSession: Bool = false,
        start: HandshakeStart? = nil
    ) {
        self.publicKey = publicKey
        self.allowedIPs = allowedIPs
        self.endpoint = endpoint
        self.keepsAlive = keepsAlive
        self.hasSession = hasSession
        self.start = start
    }
}

/// How to bring a session about.
public enum HandshakeStart: Sendable, Hashable {
    /// Add it with a keepalive, which makes WireGuard send one. If it is there, it is removed before: a packet for it may have made
    /// WireGuard try already, in vain, and by itself it would wait five seconds before it tries again.
    case first
    /// The same once more.
    case again
    /// Send a keepalive over the session that there is, by turning the keepalive off and on again.
    case probe
    /// The same after saying the peer's endpoint once more, as it is: that makes wireguard-go forget the own address that it sent from.
    case probeFromNewAddress
    /// The same over the session, but to the wanted endpoint: the peer has said that it left the one that the device has.
    case probeWhereItIs
}

/// A route over the WireGuard interface as read back.
public struct ObservedRoute: Sendable, Hashable {
    public var destination: IPPrefix
    /// Whether it carries this agent's routing protocol number; others are never removed.
    public var isOurs: Bool

    public init(destination: IPPrefix, isOurs: Bool) {
        self.destination = destination
        self.isOurs = isOurs
    }
}
