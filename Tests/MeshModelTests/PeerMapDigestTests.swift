import ControlProtocol
import MeshModel
import Testing

@Suite struct PeerMapDigestTests {
    private func peer(_ number: UInt8, _ liveness: Liveness = .alive) throws -> Peer {
        Peer(
            id: try #require(MachineID("m-000000000000000\(number)")), name: try #require(MachineName("n\(number)")),
            publicKey: try #require(PublicKey(bytes: [UInt8](repeating: number, count: 32))),
            meshAddress: .v4(0x6440_0000 + UInt32(number)), meshAddress6: .v6(0xfd00 << 48, UInt64(number)),
            endpoints: [Endpoint(address: .v4(0xc000_0201), port: 51_820)], liveness: liveness)
    }

    @Test func theOrderDoesNotMatterAndTogglingTwiceIsNothing() throws {
        let (one, two) = (try peer(1), try peer(2))
        #expect(PeerMapDigest([one, two]) == PeerMapDigest([two, one]))
        var digest = PeerMapDigest([one, two])
        digest.toggle(PeerMapDigest(of: two))
        #expect(digest == PeerMapDigest([one]))
        digest.toggle(PeerMapDigest(of: one))
        #expect(digest == PeerMapDigest() && digest.hex == String(repeating: "0", count: 64))
    }

    @Test func everyFieldCountsButWhetherItIsSuspectAndWhereItIsSeen() throws {
        let plain = PeerMapDigest(of: try peer(1))
        #expect(PeerMapDigest(of: try peer(1, .suspect)) == plain)
        #expect(PeerMapDigest(of: try peer(1, .unresponsive)) != plain)
        var seen = try peer(1)
        seen.observedEndpoints = [Endpoint(address: .v4(0xc633_6401), port: 4_711)]
        #expect(PeerMapDigest(of: seen) == plain)
        var others: [Peer] = []
        for change in [
            { (peer: inout Peer) in peer.name = MachineName("other") ?? peer.name },
            { $0.publicKey = PublicKey(bytes: [UInt8](repeating: 9, count: 32)) ?? $0.publicKey },
            { $0.meshAddress = .v4(1) }, { $0.meshAddress6 = nil }, { $0.endpoints = [] },
            { $0.endpoints = [Endpoint(address: .v4(0xc000_0201), port: 51_821)] },
        ] {
            var other = try peer(1)
            change(&other)
            others.append(other)
        }
        #expect(Set(others.map { PeerMapDigest(of: $0) } + [plain]).count == 7)
    }

    /// SHA-256 of "warren peer 1", the id, the name, the key, both addresses, the endpoints and "present", a line feed between them, by sha256sum.
    @Test func theFormIsFixed() throws {
        let digest = PeerMapDigest(of: try peer(1))
        #expect(digest.hex == "2236f021689ba403d3b46ab5592d504d2432602a7b39bfdf0b1bbd36a04c666f")
        #expect(PeerMapDigest(hex: digest.hex) == digest)
        for text in ["", "00", digest.hex.uppercased(), digest.hex + "0", String(repeating: "g", count: 64)] {
            #expect(PeerMapDigest(hex: text) == nil)
        }
    }
}
