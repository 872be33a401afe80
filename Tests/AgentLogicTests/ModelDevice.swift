import MeshModel
import WireGuardModel

/// WireGuard's own rules for a configuration, in a few lines: what the reconciler must get right on any real device.
struct ModelDevice {
    var state = WireGuardDevice()
    /// The public key that belongs to the private key; no peer can have it.
    var ownKey: PublicKey?

    mutating func apply(_ change: DeviceChange, ownKeyAfter: PublicKey) {
        if let privateKey = change.privateKey {
            state.privateKey = privateKey
            ownKey = ownKeyAfter
            state.peers.removeAll { $0.publicKey == ownKeyAfter }
        }
        if let port = change.listenPort { state.listenPort = port }
        for peer in change.peers { apply(peer) }
    }

    mutating func apply(_ change: PeerChange) {
        let index = state.peers.firstIndex { $0.publicKey == change.publicKey }
        switch change {
        case .remove:
            if let index { state.peers.remove(at: index) }
        case .add(let key, let endpoint, let allowedIPs, let keepalive):
            guard key != ownKey else { return }
            if index == nil { state.peers.append(WireGuardPeer(publicKey: key)) }
            set(key, endpoint: endpoint, keepalive: keepalive == 0 ? nil : keepalive)
            give(allowedIPs, to: key)
        case .update(let key, let endpoint, let allowedIPs, let keepalive):
            guard let index else { return }
            set(key, endpoint: endpoint, keepalive: keepalive)
            switch allowedIPs {
            case .add(let prefixes): give(prefixes, to: key)
            case .replace(let prefixes):
                state.peers[index].allowedIPs = []
                give(prefixes, to: key)
            case nil: break
            }
        }
    }

    private mutating func set(_ key: PublicKey, endpoint: Endpoint?, keepalive: UInt16?) {
        guard let index = state.peers.firstIndex(where: { $0.publicKey == key }) else { return }
        if let endpoint { state.peers[index].endpoint = endpoint }
        if let keepalive { state.peers[index].persistentKeepalive = keepalive }
    }

    /// A prefix belongs to one peer: whoever had it loses it without a word.
    private mutating func give(_ prefixes: [IPPrefix], to key: PublicKey) {
        for index in state.peers.indices {
            let held = state.peers[index].allowedIPs
            let isTaker = state.peers[index].publicKey == key
            state.peers[index].allowedIPs =
                isTaker ? held + prefixes.filter { !held.contains($0) } : held.filter { !prefixes.contains($0) }
        }
    }
}
