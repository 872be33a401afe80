import MeshModel

/// The text protocol of WireGuard's userspace implementations: https://www.wireguard.com/xplatform/#configuration-protocol
public enum UAPI {
    /// Asks for the device's configuration and state.
    public static let getRequest = "get=1\n\n"

    /// The largest answer in bytes that is read: room for over 100,000 peers.
    public static let answerLimit = 64 << 20

    /// One transaction with the whole change. Holds the private key if the change does: secret.
    public static func setRequest(_ change: DeviceChange) -> String {
        var text = "set=1\n"
        if let key = change.privateKey { text += "private_key=\(key.hex)\n" }
        if let port = change.listenPort { text += "listen_port=\(port)\n" }
        for peer in change.peers { append(peer, to: &text) }
        return text + "\n"
    }

    private static func append(_ change: PeerChange, to text: inout String) {
        text += "public_key=\(change.publicKey.hex)\n"
        switch change {
        case .add(_, let endpoint, let allowedIPs, let keepalive):
            if let endpoint { text += "endpoint=\(endpoint)\n" }
            if keepalive > 0 { text += "persistent_keepalive_interval=\(keepalive)\n" }
            append(allowedIPs, to: &text)
        case .update(_, let endpoint, let allowedIPs, let keepalive):
            text += "update_only=true\n"
            if let endpoint { text += "endpoint=\(endpoint)\n" }
            if let keepalive { text += "persistent_keepalive_interval=\(keepalive)\n" }
            switch allowedIPs {
            case .add(let prefixes): append(prefixes, to: &text)
            case .replace(let prefixes):
                text += "replace_allowed_ips=true\n"
                append(prefixes, to: &text)
            case nil: break
            }
        case .remove:
            text += "update_only=true\nremove=true\n"
        }
    }

    private static func append(_ prefixes: [IPPrefix], to text: inout String) {
        for prefix in prefixes { text += "allowed_ip=\(prefix)\n" }
    }
}
