import MeshModel
import Testing

@testable import WireGuardModel

/// A change means the same over both protocols, and what was written is what is read.
@Suite struct ProtocolAgreementTests {
    private static func randomPrefix(_ generator: inout SeededGenerator) -> IPPrefix {
        let number = UInt32.random(in: 0..<40, using: &generator)
        return Bool.random(using: &generator)
            ? IPPrefix(host: .v4(0x6440_0000 + number)) : IPPrefix(host: .v6(0xfd00 << 48, UInt64(number)))
    }

    private static func randomChange(_ generator: inout SeededGenerator) throws -> DeviceChange {
        var change = DeviceChange()
        if Int.random(in: 0..<4, using: &generator) == 0 { change.privateKey = .random() }
        if Int.random(in: 0..<4, using: &generator) == 0 { change.listenPort = .random(in: 1 ... .max, using: &generator) }
        for _ in 0..<Int.random(in: 0..<12, using: &generator) {
            let key = try numberedKey(Int.random(in: 0..<8, using: &generator))
            let prefixes = (0..<Int.random(in: 0..<30, using: &generator)).map { _ in randomPrefix(&generator) }
            let endpoint: Endpoint? =
                Bool.random(using: &generator) ? nil : Endpoint(address: randomPrefix(&generator).address, port: 51820)
            let keepalive: UInt16? = [nil, 0, 25].randomElement(using: &generator) ?? nil
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: change.peers.append(.remove(key))
            case 1:
                change.peers.append(
                    .add(key, endpoint: endpoint, allowedIPs: prefixes, persistentKeepalive: keepalive ?? 0))
            default:
                let allowed: AllowedIPChange? = [nil, .add(prefixes), .replace(prefixes)].randomElement(using: &generator) ?? nil
                change.peers.append(.update(key, endpoint: endpoint, allowedIPs: allowed, persistentKeepalive: keepalive))
            }
        }
        return change
    }

    /// Six hundred random changes, in small messages and in large ones.
    @Test func aChangeMeansTheSameOverBoth() throws {
        var generator = SeededGenerator(seed: 11)
        var (kernel, small, userspace) = (WireGuardDevice(), WireGuardDevice(), WireGuardDevice())
        var (parts, most) = (0, 0)
        for _ in 0..<600 {
            let change = try Self.randomChange(&generator)
            try WireOperation.read(UAPI.setRequest(change)).apply(to: &userspace)
            for request in KernelProtocol.setRequests(change, interface: 7) { try WireOperation.read(request).apply(to: &kernel) }
            for request in KernelProtocol.setRequests(change, interface: 7, limit: 512) {
                try WireOperation.read(request).apply(to: &small)
                parts += 1
            }
            #expect(kernel == userspace)
            #expect(small == userspace)
            most = max(most, userspace.peers.count)
        }
        #expect(parts > 1_200 && most > 4)
    }

    /// What the kernel would answer, in messages of many sizes, a peer going on in the next message as often as can be.
    @Test(arguments: [400, 4_096, 32_768]) func whatIsDumpedIsRead(limit: Int) throws {
        var generator = SeededGenerator(seed: 12)
        for _ in 0..<100 {
            var device = WireGuardDevice()
            for _ in 0..<3 { try WireOperation.read(UAPI.setRequest(try Self.randomChange(&generator))).apply(to: &device) }
            for index in device.peers.indices where Bool.random(using: &generator) {
                device.peers[index].lastHandshake = HandshakeTime(
                    seconds: .random(in: 1...2_000_000_000, using: &generator),
                    nanoseconds: .random(in: 0..<1_000_000_000, using: &generator))
                device.peers[index].receivedBytes = .random(in: 0 ... .max, using: &generator)
                device.peers[index].sentBytes = .random(in: 0 ... .max, using: &generator)
            }
            let messages = KernelDump(device, limit: limit).messages
            #expect(try KernelProtocol.decodeDevice(messages.map { $0[...] }) == device)
        }
    }

    @Test func fiveThousandPeersAreRead() throws {
        var device = WireGuardDevice(privateKey: .random(), listenPort: 51820)
        device.peers = try (0..<5_000).map { number in
            WireGuardPeer(
                publicKey: try numberedKey(number), endpoint: Endpoint(address: .v4(0xc000_0000 + UInt32(number)), port: 51820),
                allowedIPs: [IPPrefix(host: .v4(0x6440_0000 + UInt32(number)))], persistentKeepalive: 25,
                lastHandshake: HandshakeTime(seconds: 1_700_000_000, nanoseconds: Int32(number)), receivedBytes: UInt64(number),
                sentBytes: 1)
        }
        device.peers[7].allowedIPs = (0..<3_000).map { IPPrefix(host: .v4(0x0a00_0000 + UInt32($0))) }
        let messages = KernelDump(device, limit: 32_768).messages
        #expect(messages.count > 20)
        #expect(try KernelProtocol.decodeDevice(messages.map { $0[...] }) == device)
    }
}
