import Basics
import Crypto
import Glibc
import LinuxProcess
import MeshModel
import Netlink
import Testing
import WireGuardModel

@testable import WireGuardControl

/// Whether the kernel has WireGuard; asking for the protocol makes it load the module. A kernel without it is `AnyKernelTests`' matter.
private let hasWireGuard = (try? GenericSocket().family(named: KernelProtocol.family)) ?? nil != nil

/// The kernel's own WireGuard: skipped on a kernel that has none.
@Suite(.serialized, .enabled(if: hasWireGuard, "this kernel has no WireGuard"))
struct KernelBackendTests {
    private struct Side {
        let backend: KernelBackend
        let privateKey: PrivateKey
        let publicKey: PublicKey
        let port: UInt16
        let index: Int32
    }

    /// An interface that is up, with a key and a port.
    private func side(_ number: Int) async throws -> Side {
        let backend = KernelBackend(interface: "wg\(number)")
        #expect(try await backend.open() == .created(pid: nil))
        let privateKey = PrivateKey.random()
        let publicKey = try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: privateKey.bytes).publicKey.rawRepresentation
        let port = UInt16(51_820 + number)
        try backend.apply(DeviceChange(privateKey: privateKey, listenPort: port))
        let routes = try RouteSocket()
        let link = try #require(try routes.link(named: "wg\(number)"))
        try routes.setLink(link.index, up: true)
        return Side(
            backend: backend, privateKey: privateKey, publicKey: try #require(PublicKey(bytes: Array(publicKey))), port: port,
            index: link.index)
    }

    private func raiseLoopback() throws {
        let routes = try RouteSocket()
        try routes.setLink(try #require(try routes.link(named: "lo")).index, up: true)
    }

    private func host(_ number: Int) -> IPPrefix { IPPrefix(host: .v4(0x6440_0000 + UInt32(number))) }

    private func number(_ number: Int) throws -> PublicKey {
        try #require(PublicKey(bytes: (0..<32).map { UInt8(truncatingIfNeeded: $0 < 4 ? number >> (8 * $0) : 7) }))
    }

    @Test(.timeLimit(.minutes(2))) func whatIsWrittenIsRead() async throws {
        try await privately {
            let one = try await side(1)
            #expect(try one.backend.read() == WireGuardDevice(privateKey: one.privateKey, listenPort: one.port))
            let four = try #require(Endpoint("192.0.2.1:51820")), six = try #require(Endpoint("[2001:db8::1]:51820"))
            let (a, b, c) = (try number(1), try number(2), try number(3))
            let wide = try #require(IPPrefix("fd00::/64"))
            try one.backend.apply(
                DeviceChange(peers: [
                    .add(a, endpoint: four, allowedIPs: [host(1), wide], persistentKeepalive: 25),
                    .add(b, endpoint: six, allowedIPs: [host(2)], persistentKeepalive: 0),
                    .add(one.publicKey, endpoint: four, allowedIPs: [host(9)], persistentKeepalive: 0),
                    .update(c, endpoint: four, allowedIPs: .add([host(3)]), persistentKeepalive: 25),
                    .remove(c),
                ]))
            func peers() throws -> [PublicKey: WireGuardPeer] {
                Dictionary(uniqueKeysWithValues: try one.backend.read().peers.map { ($0.publicKey, $0) })
            }
            var found = try peers()
            #expect(Set(found.keys) == [a, b], "an own key is no peer, and one that is not there is not updated")
            #expect(found[a]?.endpoint == four && found[a]?.persistentKeepalive == 25)
            #expect(found[a].map { Set($0.allowedIPs) } == [host(1), wide])
            #expect(found[b]?.endpoint == six && found[b]?.allowedIPs == [host(2)] && found[b]?.lastHandshake == nil)

            // An allowed IP moves with one message, and is with one peer only.
            try one.backend.apply(
                DeviceChange(peers: [.update(b, endpoint: nil, allowedIPs: .add([host(1)]), persistentKeepalive: nil)]))
            found = try peers()
            #expect(found[a]?.allowedIPs == [wide] && found[b].map { Set($0.allowedIPs) } == [host(1), host(2)])
            #expect(found[b]?.endpoint == six)
            try one.backend.apply(
                DeviceChange(peers: [
                    .update(b, endpoint: four, allowedIPs: .replace([host(4)]), persistentKeepalive: 7),
                    .update(a, endpoint: nil, allowedIPs: .replace([]), persistentKeepalive: 0),
                ]))
            found = try peers()
            #expect(found[b]?.allowedIPs == [host(4)] && found[b]?.endpoint == four && found[b]?.persistentKeepalive == 7)
            #expect(found[a]?.allowedIPs == [] && found[a]?.persistentKeepalive == 0)
            try one.backend.apply(
                DeviceChange(peers: [.remove(a), .add(a, endpoint: nil, allowedIPs: [], persistentKeepalive: 0)]))
            #expect(try peers()[a] == WireGuardPeer(publicKey: a))

            // Another key of this machine's takes the peer with it that has the same.
            let key = PrivateKey.random()
            let own = try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: key.bytes).publicKey.rawRepresentation
            let ownKey = try #require(PublicKey(bytes: Array(own)))
            try one.backend.apply(DeviceChange(peers: [.add(ownKey, endpoint: nil, allowedIPs: [], persistentKeepalive: 0)]))
            #expect(try peers().count == 3)
            try one.backend.apply(DeviceChange(privateKey: key))
            #expect(try Set(peers().keys) == [a, b] && one.backend.read().privateKey == key)
            await one.backend.close()
            #expect(try RouteSocket().link(named: "wg1") == nil)
        }
    }

    @Test(.timeLimit(.minutes(2))) func aKilledAgentsSessionsAreTakenOver() async throws {
        try await privately {
            try raiseLoopback()
            let (one, two) = (try await side(1), try await side(2))
            for (side, other, starts) in [(one, two, false), (two, one, true)] {
                let endpoint = Endpoint(address: .v4(0x7f00_0001), port: other.port)
                try side.backend.apply(
                    DeviceChange(peers: [
                        .add(
                            other.publicKey, endpoint: endpoint, allowedIPs: [host(Int(other.index))],
                            persistentKeepalive: starts ? 1 : 0)
                    ]))
            }
            try await eventually("a handshake") {
                try one.backend.read().peers[0].lastHandshake != nil && two.backend.read().peers[0].lastHandshake != nil
            }
            let before = try one.backend.read().peers[0]
            // Another run knows nothing of the first, as after SIGKILL.
            let next = KernelBackend(interface: "wg1")
            #expect(try await next.open() == .adopted(pid: nil))
            #expect(try await next.open() == .present)
            let after = try next.read().peers[0]
            #expect(after.lastHandshake == before.lastHandshake)
            try await eventually("keepalives arrive") { try next.read().peers[0].receivedBytes > before.receivedBytes }
        }
    }

    @Test(.timeLimit(.minutes(2))) func anInterfaceThatGoesIsNoticedAndMadeAgain() async throws {
        try await privately {
            let one = try await side(1)
            let end = Task { await one.backend.waitForEnd() }
            try RouteSocket().deleteLink(one.index)
            #expect(await end.value == "somebody else deleted it")
            let error = #expect(throws: CodedError.self) { try one.backend.read() }
            #expect(error?.description == "the WireGuard device cannot be read: No such device: the interface is gone")
            #expect(try await one.backend.open() == .created(pid: nil))
            #expect(try one.backend.read() == WireGuardDevice())
            let again = Task { await one.backend.waitForEnd() }
            again.cancel()
            #expect(await again.value == "cancelled")
        }
    }

    /// Written in batches, read in many messages; one peer has more allowed IPs than fit into any.
    @Test(.timeLimit(.minutes(2))) func fiveThousandPeers() async throws {
        try await privately {
            let one = try await side(1)
            let many = (0..<5_000).map { host(0x10_0000 + $0) }
            let changes = try (0..<5_000).map { index in
                PeerChange.add(
                    try number(index), endpoint: Endpoint(address: .v4(0xc000_0200 + UInt32(index)), port: 51_820),
                    allowedIPs: index == 7 ? many : [host(index)], persistentKeepalive: 0)
            }
            let clock = ContinuousClock()
            let written = try clock.measure { try one.backend.apply(DeviceChange(peers: changes)) }
            var device = WireGuardDevice()
            let read = try clock.measure { device = try one.backend.read() }
            print("5,000 peers: written in \(written), read in \(read)")
            #expect(device.peers.count == 5_000)
            let found = Dictionary(device.peers.map { ($0.publicKey, $0) }) { first, _ in first }
            for (index, change) in changes.enumerated() {
                let peer = found[change.publicKey]
                #expect(peer.map { Set($0.allowedIPs) } == (index == 7 ? Set(many) : [host(index)]))
                #expect(peer?.endpoint == Endpoint(address: .v4(0xc000_0200 + UInt32(index)), port: 51_820))
            }
        }
    }

    /// As wg(8) sees it, where it is installed.
    @Test(.enabled(if: findExecutable("wg") != nil, "wg is not installed"), .timeLimit(.minutes(2)))
    func wgSeesTheSame() async throws {
        try await privately {
            let one = try await side(1)
            let (a, four) = (try number(1), try #require(Endpoint("192.0.2.1:51820")))
            try one.backend.apply(
                DeviceChange(peers: [.add(a, endpoint: four, allowedIPs: [host(1)], persistentKeepalive: 25)]))
            let path = try #require(findExecutable("wg"))
            var ends: [Int32] = [-1, -1]
            try #require(pipe(&ends) == 0)
            let process = try ChildProcess.spawn(
                ProcessSpec(executable: path, arguments: ["show", "wg1", "dump"], standardOutput: ends[1]))
            close(ends[1])
            _ = await process.wait(within: .seconds(10))
            var buffer = [UInt8](repeating: 0, count: 4_096)
            let count = read(ends[0], &buffer, buffer.count)
            close(ends[0])
            let text = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
            #expect(
                text == """
                    \(one.privateKey.base64)\t\(one.publicKey)\t51821\toff
                    \(a)\t(none)\t192.0.2.1:51820\t100.64.0.1/32\t0\t0\t0\t25

                    """)
        }
    }
}
