import MeshModel

/// A WireGuard interface as read back: its configuration and what it has seen of its peers.
public struct WireGuardDevice: Hashable, Sendable {
    /// Nil on a device that has none yet.
    public var privateKey: PrivateKey?
    /// UDP port; 0 on a device that has chosen none yet.
    public var listenPort: UInt16
    /// In the device's own order; no public key twice.
    public var peers: [WireGuardPeer]

    /// By default a device as it is right after its creation.
    public init(privateKey: PrivateKey? = nil, listenPort: UInt16 = 0, peers: [WireGuardPeer] = []) {
        self.privateKey = privateKey
        self.listenPort = listenPort
        self.peers = peers
    }
}

/// A peer of a WireGuard interface as read back.
public struct WireGuardPeer: Hashable, Sendable {
    public var publicKey: PublicKey
    /// Where packets to it go; WireGuard moves it to wherever the peer's last authenticated packet came from.
    public var endpoint: Endpoint?
    /// What may come from it and what goes to it. A prefix belongs to one peer of a device at most.
    public var allowedIPs: [IPPrefix]
    /// Seconds between keepalives, 0 for none.
    public var persistentKeepalive: UInt16
    /// When the last handshake was completed, on the wall clock; nil if none was since the peer was added.
    public var lastHandshake: HandshakeTime?
    /// Bytes on the underlay, handshakes and keepalives included.
    public var receivedBytes: UInt64
    /// Bytes on the underlay, handshakes and keepalives included.
    public var sentBytes: UInt64

    public init(
        publicKey: PublicKey, endpoint: Endpoint? = nil, allowedIPs: [IPPrefix] = [], persistentKeepalive: UInt16 = 0,
        lastHandshake: HandshakeTime? = nil, receivedBytes: UInt64 = 0, sentBytes: UInt64 = 0
    ) {
        self.publicKey = publicKey
        self.endpoint = endpoint
        self.allowedIPs = allowedIPs
        self.persistentKeepalive = persistentKeepalive
        self.lastHandshake = lastHandshake
        self.receivedBytes = receivedBytes
        self.sentBytes = sentBytes
    }
}

/// A wall-clock instant as WireGuard reports it: since 1970-01-01 UTC.
public struct HandshakeTime: Hashable, Comparable, Sendable {
    public var seconds: Int64
    /// 0…999,999,999.
    public var nanoseconds: Int32

    public init(seconds: Int64, nanoseconds: Int32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// How long before `now` this was; zero if the wall clock has been set back since.
    public func age(at now: HandshakeTime) -> Duration {
        let age = Duration.seconds(now.seconds - seconds) + .nanoseconds(Int64(now.nanoseconds) - Int64(nanoseconds))
        return max(age, .zero)
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}
