import MeshModel

@testable import WireGuardModel

/// Answers about a device as wg_get_device_dump of drivers/net/wireguard/netlink.c writes them: the device's own attributes in the first
/// message only, and a peer whose allowed IPs do not fit going on in the next with nothing but its key.
struct KernelDump {
    private(set) var messages: [[UInt8]] = []

    init(_ device: WireGuardDevice, limit: Int) {
        var head = NetlinkAttributeWriter()
        head.attribute(1, number: UInt32(7))
        head.attribute(2, Array("warren0".utf8) + [0])
        if let key = device.privateKey {
            head.attribute(3, key.bytes)
            head.attribute(4, [UInt8](repeating: 9, count: 32))
        }
        head.attribute(6, number: device.listenPort)
        head.attribute(7, number: UInt32(0))
        var entries: [[UInt8]] = []
        var size = head.count
        func end() {
            head.nested(8) { list in for entry in entries { list.nested(0) { $0.raw(entry) } } }
            messages.append(head.output)
            head = NetlinkAttributeWriter()
            head.attribute(2, Array("warren0".utf8) + [0])
            entries = []
            size = head.count
        }
        for peer in device.peers {
            var rest = peer.allowedIPs[...]
            var isFirst = true
            repeat {
                if size + 260 > limit { end() }
                let fitting = rest.prefix(max(1, (limit - size - 220) / 40))
                entries.append(Self.peer(peer, fitting, isFirst: isFirst))
                size += (entries.last?.count ?? 0) + 4
                rest = rest.dropFirst(fitting.count)
                isFirst = false
            } while !rest.isEmpty
        }
        end()
    }

    private static func peer(_ peer: WireGuardPeer, _ prefixes: ArraySlice<IPPrefix>, isFirst: Bool) -> [UInt8] {
        var writer = NetlinkAttributeWriter()
        writer.attribute(1, peer.publicKey.bytes)
        if isFirst {
            writer.attribute(2, [UInt8](repeating: 0, count: 32))
            let handshake = peer.lastHandshake ?? HandshakeTime(seconds: 0)
            writer.attribute(6, bytes(of: handshake.seconds) + bytes(of: Int64(handshake.nanoseconds)))
            writer.attribute(5, number: peer.persistentKeepalive)
            writer.attribute(8, number: peer.sentBytes)
            // Where 64-bit numbers have to lie on 8 bytes, the kernel puts an empty attribute before one.
            writer.attribute(0, [])
            writer.attribute(7, number: peer.receivedBytes)
            writer.attribute(10, number: UInt32(1))
            if let endpoint = peer.endpoint {
                let isIPv4 = endpoint.address.isIPv4
                let start = bytes(of: UInt16(isIPv4 ? 2 : 10)) + bytes(of: endpoint.port.bigEndian)
                let address = endpoint.address.bytes
                let zeros = [UInt8](repeating: 0, count: 8)
                writer.attribute(4, isIPv4 ? start + address + zeros : start + zeros.prefix(4) + address + zeros.prefix(4))
            }
        }
        writer.nested(9) { list in
            for prefix in prefixes {
                list.nested(0) { entry in
                    entry.attribute(3, number: UInt8(prefix.length))
                    entry.attribute(1, number: UInt16(prefix.address.isIPv4 ? 2 : 10))
                    entry.attribute(2, prefix.address.bytes)
                }
            }
        }
        return writer.output
    }

    private static func bytes(of number: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: number) { Array($0) } }
}

extension NetlinkAttributeWriter {
    /// Bytes that are attributes already.
    fileprivate mutating func raw(_ bytes: [UInt8]) {
        var reader = NetlinkAttributeReader(bytes[...])
        while let attribute = try? reader.next() {
            let isNested = attribute.type == 9
            self.attribute(isNested ? attribute.type | Self.isNested : attribute.type, attribute.value)
        }
    }
}
