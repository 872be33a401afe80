import Basics
import MeshModel

extension KernelProtocol {
    /// Puts a device together from the messages of a dump, in their order.
    ///
    /// The list of peers spans messages, and so may one peer: then the next message starts with the same key and the rest of its allowed
    /// IPs. Attributes that this version does not know are passed over.
    public struct DeviceAssembler: Sendable {
        /// What has been read so far.
        public private(set) var device = WireGuardDevice()

        public init() {}

        /// Reads the attributes of the next message.
        ///
        /// - Throws: `wireguard.answer` for anything malformed, naming the attribute concerned but never its value.
        public mutating func add(_ attributes: ArraySlice<UInt8>) throws(CodedError) {
            var reader = NetlinkAttributeReader(attributes)
            while let attribute = try reader.next() {
                switch attribute.type {
                case DeviceAttribute.privateKey:
                    guard let key = PrivateKey(bytes: Array(attribute.value)) else { throw malformed("private key") }
                    // Zeros are no key; clamping turns them into something else.
                    device.privateKey = attribute.value.allSatisfy { $0 == 0 } ? nil : key
                case DeviceAttribute.listenPort: device.listenPort = try attribute.number(UInt16.self, "listen port")
                case DeviceAttribute.peers: try addPeers(attribute.value)
                default: break
                }
            }
        }

        private mutating func addPeers(_ list: ArraySlice<UInt8>) throws(CodedError) {
            var reader = NetlinkAttributeReader(list)
            while let entry = try reader.next() {
                let peer = try Self.peer(entry.value)
                if let last = device.peers.indices.last, device.peers[last].publicKey == peer.publicKey {
                    device.peers[last].allowedIPs += peer.allowedIPs
                } else {
                    device.peers.append(peer)
                }
            }
        }

        private static func peer(_ attributes: ArraySlice<UInt8>) throws(CodedError) -> WireGuardPeer {
            var reader = NetlinkAttributeReader(attributes)
            // The kernel writes the key first (get_peer in drivers/net/wireguard/netlink.c).
            guard let first = try reader.next(), first.type == PeerAttribute.publicKey,
                let key = PublicKey(bytes: Array(first.value))
            else { throw malformed("public key") }
            var peer = WireGuardPeer(publicKey: key)
            while let attribute = try reader.next() {
                switch attribute.type {
                case PeerAttribute.endpoint: peer.endpoint = try endpoint(attribute.value)
                case PeerAttribute.persistentKeepalive:
                    peer.persistentKeepalive = try attribute.number(UInt16.self, "keepalive interval")
                case PeerAttribute.lastHandshake: peer.lastHandshake = try handshake(attribute.value)
                case PeerAttribute.receivedBytes:
                    peer.receivedBytes = try attribute.number(UInt64.self, "count of received bytes")
                case PeerAttribute.sentBytes: peer.sentBytes = try attribute.number(UInt64.self, "count of sent bytes")
                case PeerAttribute.allowedIPs: peer.allowedIPs += try allowedIPs(attribute.value)
                default: break
                }
            }
            return peer
        }

        /// `struct sockaddr_in` or `struct sockaddr_in6`; its scope only means something on this host and is left out. Nil if it says
        /// nowhere.
        private static func endpoint(_ bytes: ArraySlice<UInt8>) throws(CodedError) -> Endpoint? {
            guard bytes.count >= 16 else { throw malformed("endpoint") }
            let family = bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt16.self) }
            let port = UInt16(bigEndian: bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self) })
            let address: IPAddress?
            switch family {
            case Family.ipv4: address = IPAddress(bytes: Array(bytes.dropFirst(4).prefix(4)))
            case Family.ipv6: address = bytes.count >= 28 ? IPAddress(bytes: Array(bytes.dropFirst(8).prefix(16))) : nil
            default: return nil
            }
            guard let address else { throw malformed("endpoint") }
            return port > 0 ? Endpoint(address: address, port: port) : nil
        }

        /// `struct __kernel_timespec`; zero if there was none.
        private static func handshake(_ bytes: ArraySlice<UInt8>) throws(CodedError) -> HandshakeTime? {
            guard bytes.count == 16 else { throw malformed("handshake time") }
            let (seconds, nanoseconds) = bytes.withUnsafeBytes {
                ($0.loadUnaligned(as: Int64.self), $0.loadUnaligned(fromByteOffset: 8, as: Int64.self))
            }
            guard seconds >= 0, (0..<1_000_000_000).contains(nanoseconds) else { throw malformed("handshake time") }
            return seconds == 0 && nanoseconds == 0 ? nil : HandshakeTime(seconds: seconds, nanoseconds: Int32(nanoseconds))
        }

        private static func allowedIPs(_ list: ArraySlice<UInt8>) throws(CodedError) -> [IPPrefix] {
            var prefixes: [IPPrefix] = []
            var entries = NetlinkAttributeReader(list)
            while let entry = try entries.next() { prefixes.append(try prefix(entry.value)) }
            return prefixes
        }

        private static func prefix(_ attributes: ArraySlice<UInt8>) throws(CodedError) -> IPPrefix {
            var reader = NetlinkAttributeReader(attributes)
            var family: UInt16?
            var address: IPAddress?
            var length: UInt8?
            while let attribute = try reader.next() {
                switch attribute.type {
                case AllowedIPAttribute.family: family = try attribute.number(UInt16.self, "allowed IP")
                case AllowedIPAttribute.address: address = IPAddress(bytes: Array(attribute.value))
                case AllowedIPAttribute.length: length = try attribute.number(UInt8.self, "allowed IP")
                default: break
                }
            }
            guard let address, let length, family == (address.isIPv4 ? Family.ipv4 : Family.ipv6),
                let prefix = IPPrefix(address, length: Int(length))
            else { throw malformed("allowed IP") }
            return prefix
        }
    }

    /// Reads a device from all messages of a dump.
    ///
    /// - Throws: what `DeviceAssembler.add` throws.
    public static func decodeDevice(_ messages: some Sequence<ArraySlice<UInt8>>) throws(CodedError) -> WireGuardDevice {
        var assembler = DeviceAssembler()
        for message in messages { try assembler.add(message) }
        return assembler.device
    }

    private static func malformed(_ name: String) -> CodedError { NetlinkAttributeReader.Attribute.malformed(name) }
}
