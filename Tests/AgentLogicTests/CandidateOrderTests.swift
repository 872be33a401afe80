import MeshModel
import Testing

@testable import AgentLogic

@Suite struct CandidateOrderTests {
    private func order(_ announced: [String], observed: [String] = [], own: [(String, Int)]) throws -> [String] {
        let places = try own.map { text, length in
            let address = try #require(IPAddress(text))
            return OwnUnderlay.Place(address: address, segment: try #require(IPPrefix(address, length: length)))
        }
        return CandidateOrder.order(
            announced: try announced.map { try #require(Endpoint($0)) },
            observed: try observed.map { try #require(Endpoint($0)) },
            own: OwnUnderlay(places: places, listenPort: 51_820), mesh: [try #require(IPPrefix("100.64.0.0/10"))]
        ).map { "\($0)" }
    }

    @Test func theSharedSegmentComesFirstAndWhatOthersSawLast() throws {
        #expect(
            try order(
                ["203.0.113.9:51820", "192.168.7.9:51820", "10.1.0.9:51820"], observed: ["198.51.100.1:4711"],
                own: [("192.168.7.2", 24)])
                == ["192.168.7.9:51820", "203.0.113.9:51820", "10.1.0.9:51820", "198.51.100.1:4711"])
    }

    @Test func theFamiliesTakeTurns() throws {
        #expect(
            try order(
                ["203.0.113.1:1", "203.0.113.2:1", "203.0.113.3:1", "[2001:db8::1]:1", "[2001:db8::2]:1"],
                own: [("192.0.2.1", 24), ("2001:db8:7::1", 64)])
                == ["203.0.113.1:1", "[2001:db8::1]:1", "203.0.113.2:1", "[2001:db8::2]:1", "203.0.113.3:1"])
    }

    @Test func aFamilyThatThisMachineDoesNotHaveComesLast() throws {
        #expect(
            try order(["203.0.113.1:1", "[2001:db8::1]:1"], observed: ["[2001:db8::5]:1"], own: [("2001:db8:7::1", 64)])
                == ["[2001:db8::1]:1", "[2001:db8::5]:1", "203.0.113.1:1"])
        // Who knows nothing of itself tries everything.
        #expect(try order(["203.0.113.1:1", "[2001:db8::1]:1"], own: []) == ["203.0.113.1:1", "[2001:db8::1]:1"])
    }

    /// A bridge of containers has the same address everywhere.
    @Test func whatLeadsBackHereOrIntoATunnelIsLeftOut() throws {
        #expect(
            try order(
                [
                    "172.17.0.1:51820", "100.64.0.9:51820", "127.0.0.1:51820", "224.0.0.1:1", "[fe80::1]:1", "[::ffff:1.2.3.4]:1",
                    "172.17.0.1:51821",
                ], observed: ["0.0.0.0:1", "255.255.255.255:9"],
                own: [("172.17.0.1", 16), ("2001:db8::1", 64)]) == ["172.17.0.1:51821"])
    }

    @Test func nothingIsTriedTwice() throws {
        #expect(try order(["203.0.113.1:1"], observed: ["203.0.113.1:1"], own: [("192.0.2.1", 24)]) == ["203.0.113.1:1"])
    }
}

@Suite struct TunnelMTUTests {
    private func fitting(_ paths: (isIPv4: Bool, mtu: Int)...) -> Int {
        TunnelMTU.fitting(paths.map { TunnelMTU.Path(isIPv4: $0.isIPv4, mtu: $0.mtu) })
    }

    @Test func theNarrowestWayDecides() {
        #expect(fitting() == 1_420)
        #expect(fitting((true, 1_500), (false, 1_500)) == 1_420)
        #expect(fitting((true, 9_000)) == 1_420, "what lies behind the first hop may be no larger")
        #expect(fitting((true, 1_400)) == 1_340)
        #expect(fitting((true, 1_500), (false, 1_400), (true, 1_450)) == 1_320)
    }

    @Test func iPv6AlwaysFits() {
        #expect(fitting((false, 1_360)) == 1_280)
        #expect(fitting((false, 1_280)) == 1_280)
        #expect(fitting((true, 576)) == 1_280)
    }
}
