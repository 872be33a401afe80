import MeshModel
import Testing

@testable import AgentLogic

@Suite struct PeerSelectionTests {
    private func own() throws -> OwnIdentity {
        let machine = try peer(1)
        return OwnIdentity(
            id: machine.id, publicKey: machine.publicKey, meshAddress: machine.meshAddress,
            meshPrefix: try #require(IPPrefix("100.64.0.0/10")))
    }

    @Test func everybodyElseWhoIsThereIsWanted() throws {
        let peers = try [peer(1), peer(2), peer(3, liveness: .suspect), peer(4, liveness: .unresponsive)]
        let selection = PeerSelection(from: peers, own: try own())
        #expect(selection.wanted == [peers[1], peers[2]])
        #expect(selection.rejected == [peers[0].id: .own, peers[3].id: .unresponsive])
    }

    @Test func nobodyTakesThisMachinesPlace() throws {
        let peers = try [peer(2, key: 1), peer(3, address: 1)]
        let selection = PeerSelection(from: peers, own: try own())
        #expect(selection.wanted.isEmpty)
        #expect(Set(selection.rejected.values) == [.claimsOurs])
    }

    @Test func anAddressOutsideTheMeshIsNotRouted() throws {
        var stranger = try peer(2)
        stranger.meshAddress = try #require(IPAddress("8.8.8.8"))
        #expect(PeerSelection(from: [stranger], own: try own()).rejected == [stranger.id: .outsideMesh])
    }

    @Test func ofTwoWithOneKeyOrAddressTheLowerIdStaysWhateverTheOrder() throws {
        let peers = try [peer(2), peer(3, key: 2), peer(4, address: 2), peer(5)]
        for order in [peers, peers.reversed()] {
            let selection = PeerSelection(from: order, own: try own())
            #expect(selection.wanted == [peers[0], peers[3]])
            #expect(selection.rejected == [peers[1].id: .duplicate, peers[2].id: .duplicate])
        }
    }

    @Test func nobodyTakesFromOneThatIsKnownByHavingALowerId() throws {
        let peers = try [peer(2, address: 5), peer(3, key: 5), peer(5)]
        let selection = PeerSelection(from: peers, own: try own(), known: [peers[2].id])
        #expect(selection.wanted == [peers[2]])
        #expect(selection.rejected == [peers[0].id: .duplicate, peers[1].id: .duplicate])
        #expect(PeerSelection(from: peers, own: try own()).wanted == [peers[0], peers[1]], "else the lower id decides")
    }

    // MARK: IPv6

    private func own6() throws -> OwnIdentity {
        var own = try own()
        own.meshAddress6 = IPAddress("fd00:1::6440:1")
        own.meshPrefix6 = IPPrefix("fd00:1::/64")
        return own
    }

    private func peer6(_ number: Int, _ address: String) throws -> Peer {
        var peer = try peer(number)
        peer.meshAddress6 = IPAddress(address)
        return peer
    }

    @Test func anIPv6AddressOfTheMeshIsTaken() throws {
        let peers = [try peer6(2, "fd00:1::6440:2"), try peer(3)]
        #expect(PeerSelection(from: peers, own: try own6()).wanted == peers)
    }

    @Test(arguments: ["fd00:2::6440:2", "2001:db8::1", "::1", "100.64.0.2", "100.64.0.9"])
    func anIPv6AddressOutsideTheMeshIsNotRouted(address: String) throws {
        let stranger = try peer6(2, address)
        #expect(PeerSelection(from: [stranger], own: try own6()).rejected == [stranger.id: .outsideMesh])
    }

    @Test func nobodyTakesThisMachinesOrAnothersIPv6Address() throws {
        let thief = try peer6(2, "fd00:1::6440:1")
        #expect(PeerSelection(from: [thief], own: try own6()).rejected == [thief.id: .claimsOurs])
        let pair = [try peer6(3, "fd00:1::7"), try peer6(4, "fd00:1::7")]
        let selection = PeerSelection(from: pair.reversed(), own: try own6())
        #expect(selection.wanted == [pair[0]])
        #expect(selection.rejected == [pair[1].id: .duplicate])
    }

    @Test func withoutAPrefixIPv6AddressesAreNotUsedAndNoReason() throws {
        let selection = PeerSelection(from: [try peer6(2, "2001:db8::1")], own: try own())
        #expect(selection.wanted == [try peer(2)])
    }

    // MARK: Kept peers

    @Test func aHeldMachineStaysAndIsJudgedLikeAnyOther() throws {
        let peers = try [peer(2, liveness: .unresponsive), peer(3, liveness: .unresponsive, key: 1)]
        let selection = PeerSelection(from: peers, own: try own(), holding: Set(peers.map(\.id)))
        #expect(selection.wanted == [peers[0]])
        #expect(selection.rejected == [peers[1].id: .claimsOurs])
    }
}
