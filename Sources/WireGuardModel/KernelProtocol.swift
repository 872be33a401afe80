/// The protocol of the kernel's WireGuard: generic netlink, family `wireguard` version 1 (include/uapi/linux/wireguard.h).
///
/// A `DeviceChange` means the same here as over the text protocol of `UAPI`. What differs:
/// - There a change of any size is one transaction. Here it is one for each message: other programs that read or configure the device
///   may come in between two of them. A peer is in one message unless it has more allowed IPs than fit into any.
/// - There a change ends at the first line that is refused, here with the first message; what came before it holds in both.
/// - There a peer is named by a line that others follow, here by an attribute that holds all of it; an allowed IP that follows in a
///   later message names the peer again, as one that must be there already.
/// - A device without a private key answers with zeros there, and without the attribute here.
public enum KernelProtocol {
    /// The name under which the kernel knows the protocol (WG_GENL_NAME).
    public static let family = "wireguard"
    /// WG_GENL_VERSION.
    public static let version: UInt8 = 1
    /// The kind of interface, for rtnetlink.
    public static let linkKind = "wireguard"

    /// The largest message in bytes with all of its headers. The kernel takes some 200 kB by a socket's default, but no attribute can be
    /// longer than 65,535 bytes, and the list of peers is one.
    public static let messageLimit = 32_768
    /// `struct nlmsghdr` and `struct genlmsghdr`.
    static let headerSize = 20
    /// The largest answer in bytes that is read: room for over 100,000 peers.
    public static let answerLimit = 64 << 20

    /// A request: a command with its attributes.
    public struct Request: Hashable, Sendable {
        /// WG_CMD_…
        public let command: UInt8
        /// Holds the private key if the change does: secret.
        public let attributes: [UInt8]
    }

    /// WG_CMD_…
    enum Command {
        static let getDevice: UInt8 = 0
        static let setDevice: UInt8 = 1
    }

    /// WGDEVICE_A_…
    enum DeviceAttribute {
        static let interfaceIndex: UInt16 = 1
        static let privateKey: UInt16 = 3
        static let listenPort: UInt16 = 6
        static let peers: UInt16 = 8
    }

    /// WGPEER_A_…
    enum PeerAttribute {
        static let publicKey: UInt16 = 1
        static let flags: UInt16 = 3
        static let endpoint: UInt16 = 4
        static let persistentKeepalive: UInt16 = 5
        static let lastHandshake: UInt16 = 6
        static let receivedBytes: UInt16 = 7
        static let sentBytes: UInt16 = 8
        static let allowedIPs: UInt16 = 9
    }

    /// WGPEER_F_…
    struct PeerFlags: OptionSet {
        let rawValue: UInt32
        static let removeMe = PeerFlags(rawValue: 1 << 0)
        static let replaceAllowedIPs = PeerFlags(rawValue: 1 << 1)
        static let updateOnly = PeerFlags(rawValue: 1 << 2)
    }

    /// WGALLOWEDIP_A_…
    enum AllowedIPAttribute {
        static let family: UInt16 = 1
        static let address: UInt16 = 2
        static let length: UInt16 = 3
    }

    /// Address families (AF_INET, AF_INET6 of Linux).
    enum Family {
        static let ipv4: UInt16 = 2
        static let ipv6: UInt16 = 10
    }
}
