import MeshModel
import Testing

@testable import WireGuardModel

@Suite struct UAPIEncodingTests {
    @Test func everyKindOfChangeInOneTransaction() throws {
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
        let golden = """
            set=1
            private_key=\(digits(0x40))
            listen_port=51820
            public_key=\(digits(0x01))
            update_only=true
            remove=true
            public_key=\(digits(0x02))
            update_only=true
            endpoint=192.0.2.2:51820
            public_key=\(digits(0x03))
            update_only=true
            persistent_keepalive_interval=25
            allowed_ip=100.64.0.3/32
            public_key=\(digits(0x04))
            update_only=true
            replace_allowed_ips=true
            allowed_ip=100.64.0.4/32
            public_key=\(digits(0x05))
            endpoint=[2001:db8::5]:51820
            persistent_keepalive_interval=25
            allowed_ip=100.64.0.5/32
            allowed_ip=fd00::5/128
            public_key=\(digits(0x06))


            """
        #expect(UAPI.setRequest(change) == golden)
    }

    @Test func nothingToChangeIsAnEmptyTransaction() {
        #expect(DeviceChange().isEmpty)
        #expect(UAPI.setRequest(DeviceChange()) == "set=1\n\n")
    }

    /// A handshake that starts again: the peer goes and comes back in one transaction.
    @Test func removeAndAddOfOnePeerStayInOrder() throws {
        let peer = try key(0x07)
        let text = UAPI.setRequest(
            DeviceChange(peers: [.remove(peer), .add(peer, endpoint: nil, allowedIPs: [], persistentKeepalive: 25)]))
        #expect(
            text == """
                set=1
                public_key=\(digits(0x07))
                update_only=true
                remove=true
                public_key=\(digits(0x07))
                persistent_keepalive_interval=25


                """)
    }

    /// Whatever is asked for, nobody else's session ends.
    @Test func neverReplacesAllPeers() throws {
        let five = try (0..<5_000).map { PeerChange.remove(try numberedKey($0)) }
        let text = UAPI.setRequest(DeviceChange(peers: five))
        #expect(!text.contains("replace_peers"))
        #expect(text.split(separator: "\n").count == 1 + 3 * 5_000)
    }
}
