import Basics
import MeshModel
import Testing

@testable import WireGuardModel

@Suite struct UAPIDecodingTests {
    /// What wireguard-go answers to `get=1`, with a peer that has a session and one that has none.
    private func golden() -> String {
        """
        private_key=\(digits(0x40))
        listen_port=51820
        public_key=\(digits(0x01))
        preshared_key=\(digits(0x00))
        protocol_version=1
        endpoint=192.0.2.1:51820
        last_handshake_time_sec=1700000000
        last_handshake_time_nsec=123456789
        tx_bytes=1480
        rx_bytes=92
        persistent_keepalive_interval=25
        allowed_ip=100.64.0.1/32
        allowed_ip=fd00::1/128
        public_key=\(digits(0x02))
        preshared_key=\(digits(0x00))
        protocol_version=1
        last_handshake_time_sec=0
        last_handshake_time_nsec=0
        tx_bytes=0
        rx_bytes=0
        persistent_keepalive_interval=0
        errno=0


        """
    }

    private func decode(_ text: String) throws(CodedError) -> WireGuardDevice { try UAPI.decodeDevice(Array(text.utf8)) }

    @Test func readsAWholeDevice() throws {
        let device = try decode(golden())
        #expect(device.privateKey?.hex == digits(0x40))
        #expect(device.listenPort == 51820)
        let first = WireGuardPeer(
            publicKey: try key(0x01), endpoint: try endpoint("192.0.2.1:51820"),
            allowedIPs: [try prefix("100.64.0.1/32"), try prefix("fd00::1/128")], persistentKeepalive: 25,
            lastHandshake: HandshakeTime(seconds: 1_700_000_000, nanoseconds: 123_456_789), receivedBytes: 92, sentBytes: 1480)
        #expect(device.peers == [first, WireGuardPeer(publicKey: try key(0x02))])
    }

    @Test func readsADeviceWithoutAnything() throws {
        #expect(try decode("errno=0\n\n") == WireGuardDevice())
        #expect(try decode("private_key=\(digits(0))\nerrno=0\n\n").privateKey == nil)
    }

    @Test func passesOverKeysOfLaterVersions() throws {
        #expect(try decode("fwmark=7\nsomething_new=x=y\nlisten_port=7\nno-equals-sign\nerrno=0\n\n").listenPort == 7)
    }

    @Test func dropsTheZoneOfALinkLocalEndpoint() throws {
        let device = try decode("public_key=\(digits(1))\nendpoint=[fe80::1%eth0]:51820\nerrno=0\n\n")
        #expect(device.peers.first?.endpoint == (try endpoint("[fe80::1]:51820")))
    }

    @Test(arguments: [
        "public_key=12\n", "public_key=\(String(repeating: "g", count: 64))\n", "listen_port=70000\n", "listen_port=-1\n",
        "public_key=\(digits(1))\nallowed_ip=100.64.0.0/33\n", "public_key=\(digits(1))\nlast_handshake_time_sec=-5\n",
        "public_key=\(digits(1))\nlast_handshake_time_nsec=1000000000\n", "public_key=\(digits(1))\nrx_bytes=many\n",
        "private_key=\(String(repeating: "secret!!", count: 8))\n",
    ])
    func refusesMalformedValuesWithoutShowingThem(_ text: String) throws {
        let error = try #require(throws: CodedError.self) { try decode(text + "errno=0\n\n") }
        #expect(error.code == "wireguard.answer")
        #expect(!error.description.contains("secret!!"))
    }

    @Test func reportsTheDevicesErrorNumber() throws {
        let error = try #require(throws: CodedError.self) { try decode("errno=98\n\n") }
        #expect(error.code == "wireguard.errno")
        #expect(error.message.contains("98"))
        #expect(throws: CodedError.self) { try UAPI.checkSetAnswer(Array("errno=22\n\n".utf8)) }
        #expect(throws: CodedError.self) { try UAPI.checkSetAnswer(Array("\n\n".utf8)) }
        #expect(throws: Never.self) { try UAPI.checkSetAnswer(Array("errno=0\n\n".utf8)) }
    }

    @Test func refusesAnAnswerThatWasCutOffAnywhere() {
        let whole = Array(golden().utf8)
        #expect(UAPI.isComplete(whole))
        for count in 0..<whole.count {
            #expect(throws: CodedError.self) { try UAPI.decodeDevice(Array(whole.prefix(count))) }
        }
    }

    @Test func neverCrashesOnNoise() {
        var generator = SeededGenerator(seed: 5)
        let whole = Array(golden().utf8)
        for _ in 0..<2_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: .min ... .max, using: &generator)
            }
            _ = try? UAPI.decodeDevice(bytes)
        }
    }

    /// Encoding a configuration and reading it back: five thousand peers.
    @Test func readsFiveThousandPeers() throws {
        var text = "listen_port=51820\n"
        var wanted: [WireGuardPeer] = []
        for number in 0..<5_000 {
            let peer = WireGuardPeer(
                publicKey: try numberedKey(number), endpoint: Endpoint(address: .v4(0xc000_0000 + UInt32(number)), port: 51820),
                allowedIPs: [IPPrefix(host: .v4(0x6440_0000 + UInt32(number)))], persistentKeepalive: 25,
                lastHandshake: HandshakeTime(seconds: 1_700_000_000, nanoseconds: Int32(number)), receivedBytes: UInt64(number),
                sentBytes: 1)
            wanted.append(peer)
            text += """
                public_key=\(peer.publicKey.hex)
                preshared_key=\(digits(0))
                protocol_version=1
                endpoint=192.0.\(number / 256).\(number % 256):51820
                last_handshake_time_sec=1700000000
                last_handshake_time_nsec=\(number)
                tx_bytes=1
                rx_bytes=\(number)
                persistent_keepalive_interval=25
                allowed_ip=100.64.\(number / 256).\(number % 256)/32

                """
        }
        let device = try decode(text + "errno=0\n\n")
        #expect(device.peers.count == 5_000)
        #expect(device.peers == wanted)
    }
}
