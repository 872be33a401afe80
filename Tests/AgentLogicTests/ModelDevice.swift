import MeshModel
import WireGuardModel

/// WireGuard's own rules for a configuration, in a few lines: what the reconciler must get right on any real device.
///
/// One step after the other, as packets may be sent in between any two: a peer that is removed and added again is another one, without a
/// session; allowed IPs that are replaced are all gone for a moment; an allowed IP that is given to a peer is taken from whoever had it;
/// the device's own key is no peer; an update makes no peer.
struct ModelDevice {
    private(set) var state = WireGuardDevice()
    /// The public key that belongs to the private key; no peer can have it.
    private(set) var ownKey: PublicKey?

    mutating func apply(_ change: DeviceChange, ownKeyAfter: PublicKey) {
        apply(change, ownKeyAfter: ownKeyAfter) { _ in }
    }

    mutating func apply(_ change: PeerChange) { apply(change) { _ in } }

    /// - Parameter observe: sees the device after each step.
    mutating func apply(
        _ change: DeviceChange, ownKeyAfter: PublicKey, observe: (WireGuardDevice) throws -> Void
    ) rethrows {
        if let privateKey = change.privateKey {
            state.privateKey = privateKey
            ownKey = ownKeyAfter
            state.peers.removeAll { $0.publicKey == ownKeyAfter }
            try observe(state)
        }
        if let port = change.listenPort {
            state.listenPort = port
            try observe(state)
        }
        for peer in change.peers { try apply(peer, observe: observe) }
    }

    mutating func apply(_ change: PeerChange, observe: (WireGuardDevice) throws -> Void) rethrows {
        let key = change.publicKey
        let isThere = state.peers.contains { $0.publicKey == key }
        switch change {
        case .remove:
            state.peers.removeAll { $0.publicKey == key }
            try observe(state)
        case .add(_, let endpoint, let allowedIPs, let keepalive):
            guard key != ownKey else { return }
            if !isThere { state.peers.append(WireGuardPeer(publicKey: key)) }
            try observe(state)
            try set(key, endpoint: endpoint, keepalive: keepalive == 0 ? nil : keepalive, observe)
            try give(allowedIPs, to: key, observe)
        case .update(_, let endpoint, let allowedIPs, let keepalive):
            guard isThere else { return }
            try set(key, endpoint: endpoint, keepalive: keepalive, observe)
            switch allowedIPs {
            case .add(let prefixes): try give(prefixes, to: key, observe)
            case .replace(let prefixes):
                alter(key) { $0.allowedIPs = [] }
                try observe(state)
                try give(prefixes, to: key, observe)
            case nil: break
            }
        }
    }

    /// What WireGuard does by itself: a handshake, and the peer is where it came from.
    mutating func shakeHands(_ key: PublicKey, from endpoint: Endpoint, at time: HandshakeTime) {
        alter(key) {
            $0.endpoint = endpoint
            $0.lastHandshake = time
        }
    }

    /// Whose packets to this address are.
    static func owner(of prefix: IPPrefix, _ device: WireGuardDevice) -> PublicKey? {
        device.peers.first { $0.allowedIPs.contains(prefix) }?.publicKey
    }

    private mutating func alter(_ key: PublicKey, _ body: (inout WireGuardPeer) -> Void) {
        guard let index = state.peers.firstIndex(where: { $0.publicKey == key }) else { return }
        body(&state.peers[index])
    }

    private mutating func set(
        _ key: PublicKey, endpoint: Endpoint?, keepalive: UInt16?, _ observe: (WireGuardDevice) throws -> Void
    ) rethrows {
        alter(key) {
            if let endpoint { $0.endpoint = endpoint }
            if let keepalive { $0.persistentKeepalive = keepalive }
        }
        try observe(state)
    }

    /// A prefix belongs to one peer: whoever had it loses it without a word.
    private mutating func give(
        _ prefixes: [IPPrefix], to key: PublicKey, _ observe: (WireGuardDevice) throws -> Void
    ) rethrows {
        for prefix in prefixes {
            for index in state.peers.indices {
                let isTaker = state.peers[index].publicKey == key
                let isThere = state.peers[index].allowedIPs.contains(prefix)
                if isTaker && !isThere { state.peers[index].allowedIPs.append(prefix) }
                if !isTaker && isThere { state.peers[index].allowedIPs.removeAll { $0 == prefix } }
            }
            try observe(state)
        }
    }
}
