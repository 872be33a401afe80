import Basics
import MeshModel
import Testing

@testable import WireGuardModel

@Suite struct KernelDecodingTests {
    /// What Linux 6.1 answers: a device with a peer that has a session, and one that goes on in a second message.
    private func golden() -> [[UInt8]] {
        let first: [[UInt8]] = [
            bytes("0600 0600 6cca 0000"),  // WGDEVICE_A_LISTEN_PORT 51820, padding
            bytes("0800 0700 00000000"),  // WGDEVICE_A_FWMARK
            bytes("0800 0100 07000000"),  // WGDEVICE_A_IFINDEX
            bytes("0c00 0200 77617272656e3000"),  // WGDEVICE_A_IFNAME warren0
            bytes("2400 0300 \(digits(0x40))"),  // WGDEVICE_A_PRIVATE_KEY
            bytes("2400 0400 \(digits(0x41))"),  // WGDEVICE_A_PUBLIC_KEY
            bytes("3001 0880"),  // WGDEVICE_A_PEERS, nested, 304 bytes

            bytes("bc00 0080"),  // a peer, 188 bytes
            bytes("2400 0100 \(digits(0x01))"),  // WGPEER_A_PUBLIC_KEY
            bytes("2400 0200 \(digits(0x00))"),  // WGPEER_A_PRESHARED_KEY
            bytes("1400 0600 00f1536500000000 15cd5b0700000000"),  // WGPEER_A_LAST_HANDSHAKE_TIME: struct __kernel_timespec
            bytes("0600 0500 1900 0000"),  // WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL 25, padding
            bytes("0c00 0800 c805000000000000"),  // WGPEER_A_TX_BYTES 1480
            bytes("0c00 0700 5c00000000000000"),  // WGPEER_A_RX_BYTES 92
            bytes("0800 0a00 01000000"),  // WGPEER_A_PROTOCOL_VERSION
            bytes("1400 0400 0200 ca6c c0000201 0000000000000000"),  // WGPEER_A_ENDPOINT: struct sockaddr_in
            bytes("2000 0980 1c00 0080"),  // WGPEER_A_ALLOWEDIPS, nested; an allowed IP, nested
            bytes("0500 0300 20 000000"),  // WGALLOWEDIP_A_CIDR_MASK 32, padding
            bytes("0600 0100 0200 0000"),  // WGALLOWEDIP_A_FAMILY AF_INET, padding
            bytes("0800 0200 64400001"),  // WGALLOWEDIP_A_IPADDR

            bytes("7000 0080"),  // a peer, 112 bytes; a kernel leaves nothing out, but nobody needs the rest here
            bytes("2400 0100 \(digits(0x02))"),
            bytes("1400 0600 0000000000000000 0000000000000000"),
            bytes("1400 0400 0200 0000 00000000 0000000000000000"),  // an endpoint that is nowhere
            bytes("2000 0980 1c00 0080 0500 0300 10 000000 0600 0100 0200 0000 0800 0200 0a000000"),
        ]
        let second: [[UInt8]] = [
            bytes("0c00 0200 77617272656e3000"),
            bytes("5800 0880"),  // WGDEVICE_A_PEERS: the rest
            bytes("5400 0080"),  // a peer, 84 bytes
            bytes("2400 0100 \(digits(0x02))"),  // the same key again
            bytes("2c00 0980 2800 0080 0500 0300 40 000000 0600 0100 0a00 0000"),  // AF_INET6, /64
            bytes("1400 0200 fd000000000000000000000000000000"),
        ]
        return [first, second].map { $0.flatMap { $0 } }
    }

    @Test func readsAWholeDevice() throws {
        let device = try KernelProtocol.decodeDevice(golden().map { $0[...] })
        #expect(device.privateKey?.hex == digits(0x40))
        #expect(device.listenPort == 51820)
        #expect(
            device.peers == [
                WireGuardPeer(
                    publicKey: try key(0x01), endpoint: try endpoint("192.0.2.1:51820"),
                    allowedIPs: [try prefix("100.64.0.1/32")],
                    persistentKeepalive: 25, lastHandshake: HandshakeTime(seconds: 1_700_000_000, nanoseconds: 123_456_789),
                    receivedBytes: 92, sentBytes: 1480),
                WireGuardPeer(publicKey: try key(0x02), allowedIPs: [try prefix("10.0.0.0/16"), try prefix("fd00::/64")]),
            ])
    }

    @Test func readsADeviceWithoutAnything() throws {
        #expect(try KernelProtocol.decodeDevice([bytes("0600 0600 0000 0000")[...]]) == WireGuardDevice())
        #expect(try KernelProtocol.decodeDevice([bytes("2400 0300 \(digits(0))")[...]]).privateKey == nil)
    }

    @Test(arguments: [
        "0600 0300 0102 0000",  // a private key of two bytes
        "0800 0600 00000000",  // a port of four bytes
        "0300 0600",  // shorter than its own head
        "0c00 0600 0000 0000",  // longer than what is there
        "0600 06",  // cut off
        "1000 0880 0c00 0080 0600 0100 0000 0000",  // a public key of two bytes
        "1000 0880 0c00 0080 0600 0500 1900 0000",  // a peer without a key
        "5000 0880 4c00 0080 2400 0100 0101010101010101010101010101010101010101010101010101010101010101"
            + "2400 0980 2000 0080 0500 0300 21 000000 0600 0100 0200 0000 0c00 0200 0a000000 00000000",  // an address of 8 bytes
    ])
    func refusesWhatIsMalformed(_ text: String) throws {
        let error = try #require(throws: CodedError.self) { try KernelProtocol.decodeDevice([bytes(text)[...]]) }
        #expect(error.code == "wireguard.answer")
    }

    @Test func namesWhatIsMalformedAndNotWhatItHolds() throws {
        let secret = "0c00 0300 \(String(repeating: "5e", count: 8))"
        let error = try #require(throws: CodedError.self) { try KernelProtocol.decodeDevice([bytes(secret)[...]]) }
        #expect(error.code == "wireguard.answer")
        #expect(error.message == "the kernel answered with a malformed private key of the WireGuard device")
    }

    @Test func neverCrashesOnNoise() {
        var generator = SeededGenerator(seed: 6)
        let whole = golden()[0]
        for _ in 0..<5_000 {
            var bytes = Array(whole.prefix(Int.random(in: 0...whole.count, using: &generator)))
            for _ in 0..<Int.random(in: 0...4, using: &generator) where !bytes.isEmpty {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: .min ... .max, using: &generator)
            }
            _ = try? KernelProtocol.decodeDevice([bytes[...]])
        }
    }
}
