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
}
