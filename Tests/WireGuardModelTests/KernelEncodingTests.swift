import MeshModel
import Testing

@testable import WireGuardModel

/// Bytes from hexadecimal digits; spaces are for the reader.
func bytes(_ text: String) -> [UInt8] {
    let digits = Array(text.filter { !$0.isWhitespace })
    return stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) }
}

/// Golden bytes are those of a machine with the low byte first, as every one that Warren is built for.
@Suite struct KernelEncodingTests {
    @Test func everyKindOfChangeInOneMessage() throws {
        let privateKey = try #require(PrivateKey(bytes: [UInt8](repeating: 0x40, count: 32)))
        let change = DeviceChange(
            privateKey: privateKey, listenPort: 51820,
            peers: [
                .remove(try key(0x01)),
                .update(try key(0x02), endpoint: try endpoint("192.0.2.2:51820"), allowedIPs: nil, persistentKeepalive: nil),
                .update(
                    try key(0x03), endpoint: nil, allowedIPs: .add([try prefix("100.64.0.3/32")]), persistentKeepalive: 25),
                .update(
                    try key(0x04), endpoint: nil, allowedIPs: .replace([try prefix("100.64.0.4/32")]), persistentKeepalive: nil),
                .add(
                    try key(0x05), endpoint: try endpoint("[2001:db8::5]:51820"),
                    allowedIPs: [try prefix("100.64.0.5/32"), try prefix("fd00::5/128")], persistentKeepalive: 25),
                .add(try key(0x06), endpoint: nil, allowedIPs: [], persistentKeepalive: 0),
            ])
        let golden: [[UInt8]] = [
            bytes("0800 0100 07000000"),  // WGDEVICE_A_IFINDEX 7
            bytes("2400 0300 \(digits(0x40))"),  // WGDEVICE_A_PRIVATE_KEY
            bytes("0600 0600 6cca 0000"),  // WGDEVICE_A_LISTEN_PORT 51820, padding
            bytes("e001 0880"),  // WGDEVICE_A_PEERS, nested, 480 bytes

            bytes("3000 0080"),  // a peer, nested, 48 bytes: to be removed
            bytes("2400 0100 \(digits(0x01))"),  // WGPEER_A_PUBLIC_KEY
            bytes("0800 0300 05000000"),  // WGPEER_A_FLAGS: REMOVE_ME, UPDATE_ONLY

            bytes("4400 0080"),  // a peer, 68 bytes: another endpoint
            bytes("2400 0100 \(digits(0x02))"),
            bytes("0800 0300 04000000"),  // UPDATE_ONLY
            bytes("1400 0400 0200 ca6c c0000202 0000000000000000"),  // WGPEER_A_ENDPOINT: struct sockaddr_in

            bytes("5800 0080"),  // a peer, 88 bytes: one more allowed IP, and a keepalive
            bytes("2400 0100 \(digits(0x03))"),
            bytes("0800 0300 04000000"),  // UPDATE_ONLY
            bytes("0600 0500 1900 0000"),  // WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL 25, padding
            bytes("2000 0980 1c00 0080"),  // WGPEER_A_ALLOWEDIPS, nested; an allowed IP, nested
            bytes("0600 0100 0200 0000"),  // WGALLOWEDIP_A_FAMILY AF_INET, padding
            bytes("0800 0200 64400003"),  // WGALLOWEDIP_A_IPADDR
            bytes("0500 0300 20 000000"),  // WGALLOWEDIP_A_CIDR_MASK 32, padding

            bytes("5000 0080"),  // a peer, 80 bytes: these allowed IPs and no others
            bytes("2400 0100 \(digits(0x04))"),
            bytes("0800 0300 06000000"),  // REPLACE_ALLOWEDIPS, UPDATE_ONLY
            bytes("2000 0980 1c00 0080 0600 0100 0200 0000 0800 0200 64400004 0500 0300 20 000000"),

            bytes("9800 0080"),  // a peer, 152 bytes: a new one, so without flags
            bytes("2400 0100 \(digits(0x05))"),
            bytes("2000 0400 0a00 ca6c 00000000 20010db8000000000000000000000005 00000000"),  // struct sockaddr_in6
            bytes("0600 0500 1900 0000"),
            bytes("4800 0980"),  // two allowed IPs
            bytes("1c00 0080 0600 0100 0200 0000 0800 0200 64400005 0500 0300 20 000000"),
            bytes("2800 0080 0600 0100 0a00 0000"),  // AF_INET6
            bytes("1400 0200 fd000000000000000000000000000005 0500 0300 80 000000"),

            bytes("2800 0080"),  // a peer, 40 bytes: a new one of which nothing more is known
            bytes("2400 0100 \(digits(0x06))"),
        ]
        let requests = KernelProtocol.setRequests(change, interface: 7)
        #expect(requests == [KernelProtocol.Request(command: 1, attributes: golden.flatMap { $0 })])
    }

    @Test func asksForTheDevice() {
        let request = KernelProtocol.getRequest(interface: 7)
        #expect(request.command == 0)
        #expect(request.attributes == bytes("0800 0100 07000000"))
    }

    @Test func nothingToChangeIsNoMessage() {
        #expect(KernelProtocol.setRequests(DeviceChange(), interface: 7).isEmpty)
    }

    /// Below the limit with the headers, everybody in order and whole, the device's own settings in the first message alone.
    @Test func fiveThousandPeersInFewMessages() throws {
        let changes = try (0..<5_000).map { number in
            PeerChange.add(
                try numberedKey(number), endpoint: Endpoint(address: .v4(0xc000_0000 + UInt32(number)), port: 51820),
                allowedIPs: [
                    IPPrefix(host: .v4(0x6440_0000 + UInt32(number))), IPPrefix(host: .v6(0xfd00 << 48, UInt64(number))),
                ],
                persistentKeepalive: 25)
        }
        let change = DeviceChange(privateKey: .random(), listenPort: 51820, peers: changes)
        let requests = KernelProtocol.setRequests(change, interface: 7)
        // 140 bytes for a peer with an IPv4 endpoint and one allowed IP of each family.
        #expect(requests.count == 5_000 * 140 / 32_768 + 1)
        let messages = try requests.map { try WireOperation.read($0) }
        #expect(requests.allSatisfy { 20 + $0.attributes.count <= KernelProtocol.messageLimit })
        #expect(messages.map { $0.privateKey != nil } == [true] + [Bool](repeating: false, count: messages.count - 1))
        #expect(messages.map { $0.listenPort != nil } == [true] + [Bool](repeating: false, count: messages.count - 1))
        #expect(messages.flatMap { $0.peers.map(\.publicKey) } == changes.map(\.publicKey))
    }

    /// Only the first part of a peer may say what it replaces; those after it only add, and only to a peer that is there.
    @Test(arguments: [512, 4_096, KernelProtocol.messageLimit]) func aPeerThatFitsIntoNoMessage(limit: Int) throws {
        let many = (0..<3_000).map { IPPrefix(host: .v4(0x6440_0000 + UInt32($0))) }
        let small = PeerChange.remove(try key(0x09))
        let large = PeerChange.update(
            try key(0x01), endpoint: try endpoint("192.0.2.2:51820"), allowedIPs: .replace(many), persistentKeepalive: 25)
        let requests = KernelProtocol.setRequests(DeviceChange(peers: [small, large, small]), interface: 7, limit: limit)
        #expect(requests.allSatisfy { 20 + $0.attributes.count <= limit })
        let parts = try requests.flatMap { try WireOperation.read($0).peers }.filter { $0.publicKey == large.publicKey }
        #expect(parts.count > 1)
        #expect(parts.flatMap(\.allowedIPs) == many)
        #expect(parts.map(\.replacesAllowedIPs) == [true] + [Bool](repeating: false, count: parts.count - 1))
        #expect(parts.map { $0.endpoint != nil && $0.persistentKeepalive != nil } == parts.map(\.replacesAllowedIPs))
        #expect(parts.allSatisfy { $0.updatesOnly && !$0.removes })
    }

    /// What fits into one message is not torn apart, so that nobody sees half of a peer.
    @Test func aPeerThatFitsIsWhole() throws {
        let peers = try (0..<20).map { number in
            PeerChange.add(
                try numberedKey(number), endpoint: nil, allowedIPs: (0..<9).map { IPPrefix(host: .v4(UInt32(number * 16 + $0))) },
                persistentKeepalive: 0)
        }
        let messages = try KernelProtocol.setRequests(DeviceChange(peers: peers), interface: 7, limit: 1_024)
            .map { try WireOperation.read($0) }
        #expect(messages.flatMap(\.peers).count == 20)
        #expect(messages.allSatisfy { $0.peers.allSatisfy { $0.allowedIPs.count == 9 } })
    }
}
