import MeshModel
import Testing

@testable import WireGuardModel

/// What a request says about a device, whatever protocol it came by.
struct WireOperation {
    struct Peer {
        let publicKey: PublicKey
        var removes = false
        var updatesOnly = false
        var replacesAllowedIPs = false
        var endpoint: Endpoint?
        var persistentKeepalive: UInt16?
        var allowedIPs: [IPPrefix] = []
    }

    var privateKey: [UInt8]?
    var listenPort: UInt16?
    var peers: [Peer] = []

    /// Reads a message to the kernel, as set_device and set_peer of drivers/net/wireguard/netlink.c do.
    static func read(_ request: KernelProtocol.Request) throws -> WireOperation {
        #expect(request.command == 1)
        var operation = WireOperation()
        for attribute in try attributes(request.attributes[...]) {
            switch attribute.type {
            case 1: #expect(attribute.value.count == 4)
            case 3: operation.privateKey = Array(attribute.value)
            case 6: operation.listenPort = try attribute.number(UInt16.self, "")
            case 8: operation.peers = try attributes(attribute.value).map { try peer($0.value) }
            case let other: Issue.record("attribute \(other)")
            }
        }
        return operation
    }

    private static func peer(_ bytes: ArraySlice<UInt8>) throws -> Peer {
        let attributes = try attributes(bytes)
        try #require(attributes.first?.type == 1)
        var peer = Peer(publicKey: try #require(attributes.first.flatMap { PublicKey(bytes: Array($0.value)) }))
        for attribute in attributes.dropFirst() {
            switch attribute.type {
            case 3:
                let flags = try attribute.number(UInt32.self, "")
                (peer.removes, peer.replacesAllowedIPs, peer.updatesOnly) = (flags & 1 != 0, flags & 2 != 0, flags & 4 != 0)
            case 4:
                let value = Array(attribute.value)
                let isIPv4 = value.count == 16
                try #require(value[0] == (isIPv4 ? 2 : 10) && (isIPv4 || value.count == 28))
                let address = IPAddress(bytes: isIPv4 ? Array(value[4..<8]) : Array(value[8..<24]))
                peer.endpoint = Endpoint(address: try #require(address), port: UInt16(value[2]) << 8 | UInt16(value[3]))
            case 5: peer.persistentKeepalive = try attribute.number(UInt16.self, "")
            case 9:
                for entry in try Self.attributes(attribute.value) {
                    let parts = try Self.attributes(entry.value)
                    try #require(parts.map(\.type) == [1, 2, 3])
                    let address = try #require(IPAddress(bytes: Array(parts[1].value)))
                    #expect(try parts[0].number(UInt16.self, "") == (address.isIPv4 ? 2 : 10))
                    peer.allowedIPs.append(try #require(IPPrefix(address, length: Int(try parts[2].number(UInt8.self, "")))))
                }
            case let other: Issue.record("peer attribute \(other)")
            }
        }
        return peer
    }

    private static func attributes(_ bytes: ArraySlice<UInt8>) throws -> [NetlinkAttributeReader.Attribute] {
        var reader = NetlinkAttributeReader(bytes)
        var all: [NetlinkAttributeReader.Attribute] = []
        while let attribute = try reader.next() { all.append(attribute) }
        return all
    }

    /// Reads a `set` of the text protocol.
    static func read(_ text: String) throws -> WireOperation {
        var operation = WireOperation()
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        try #require(lines.first == "set=1")
        for line in lines.dropFirst().prefix(while: { !$0.isEmpty }) {
            let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
            try #require(parts.count == 2)
            let last = operation.peers.count - 1
            switch parts[0] {
            case "private_key": operation.privateKey = PrivateKey(hex: parts[1])?.bytes
            case "listen_port": operation.listenPort = UInt16(parts[1])
            case "public_key": operation.peers.append(Peer(publicKey: try #require(PublicKey(hex: parts[1]))))
            case "remove": operation.peers[last].removes = true
            case "update_only": operation.peers[last].updatesOnly = true
            case "replace_allowed_ips": operation.peers[last].replacesAllowedIPs = true
            case "endpoint": operation.peers[last].endpoint = try endpoint(parts[1])
            case "persistent_keepalive_interval": operation.peers[last].persistentKeepalive = UInt16(parts[1])
            case "allowed_ip": operation.peers[last].allowedIPs.append(try prefix(parts[1]))
            case let other: Issue.record("line \(other)")
            }
        }
        return operation
    }

    /// The rules that both implementations share.
    func apply(to device: inout WireGuardDevice) throws {
        if let privateKey { device.privateKey = PrivateKey(bytes: privateKey) }
        if let listenPort { device.listenPort = listenPort }
        for peer in peers {
            var index = device.peers.firstIndex { $0.publicKey == peer.publicKey }
            if peer.removes {
                if let index { device.peers.remove(at: index) }
                continue
            }
            if index == nil, !peer.updatesOnly {
                device.peers.append(WireGuardPeer(publicKey: peer.publicKey))
                index = device.peers.count - 1
            }
            guard let index else { continue }
            if let endpoint = peer.endpoint { device.peers[index].endpoint = endpoint }
            if let keepalive = peer.persistentKeepalive { device.peers[index].persistentKeepalive = keepalive }
            if peer.replacesAllowedIPs { device.peers[index].allowedIPs = [] }
            for prefix in peer.allowedIPs {
                for other in device.peers.indices { device.peers[other].allowedIPs.removeAll { $0 == prefix } }
                device.peers[index].allowedIPs.append(prefix)
            }
        }
    }
}
