import MeshModel
import Testing

struct PeerMapTests {
    private func peer(_ number: Int, _ name: String = "birch", liveness: Liveness = .alive) throws -> Peer {
        Peer(
            id: try #require(MachineID("m-000000000000000\(number)")), name: try #require(MachineName(name)),
            publicKey: try #require(PublicKey(bytes: [UInt8](repeating: UInt8(number), count: 32))),
            meshAddress: .v4(0x6440_0000 + UInt32(number)), endpoints: [], liveness: liveness)
    }

    private func position(_ revision: UInt64, _ epoch: String = "e") -> PeerMapPosition {
        PeerMapPosition(epoch: epoch, revision: revision)
    }

    @Test func aSnapshotIsTheWholeMap() throws {
        var map = PeerMap()
        #expect(map.position == nil)
        try map.apply(.snapshot(position(5), [peer(1), peer(2)]))
        #expect(map.peers.count == 2)
        // Whatever it does not hold is gone; another epoch and a lower revision are no hindrance.
        try map.apply(.snapshot(position(3, "f"), [peer(2, "elm")]))
        #expect(map.peers.values.map(\.name.text) == ["elm"])
        #expect(map.position == position(3, "f"))
        try map.apply(.snapshot(position(4, "f"), []))
        #expect(map.peers.isEmpty)
    }

    @Test func aDeltaChangesWhatItNames() throws {
        var map = PeerMap()
        try map.apply(.snapshot(position(1), [peer(1), peer(2), peer(3)]))
        try map.apply(
            .delta(position(2), upserts: [peer(2, "birch", liveness: .suspect), peer(4)], removals: [peer(1).id, peer(9).id]))
        #expect(Set(map.peers.keys) == Set(try [peer(2).id, peer(3).id, peer(4).id]))
        #expect(try map.peers[peer(2).id]?.liveness == .suspect)
        #expect(map.position == position(2))
        // Removed and added in one: it is there.
        try map.apply(.delta(position(3), upserts: [peer(3, "oak")], removals: [peer(3).id]))
        #expect(try map.peers[peer(3).id]?.name.text == "oak")
    }

    @Test func aKeepaliveMovesThePositionAlone() throws {
        var map = PeerMap()
        try map.apply(.snapshot(position(1), [peer(1)]))
        try map.apply(.keepalive(position(7)))
        #expect(map.position == position(7))
        #expect(map.peers.count == 1)
        try map.apply(.keepalive(position(7)))
    }

    @Test func unchangedSaysWhoIsSuspectInAnyEpoch() throws {
        var map = PeerMap()
        #expect(throws: PeerMap.Refusal.otherEpoch) { try map.apply(.unchanged(position(1), suspects: [])) }
        try map.apply(.snapshot(position(9), [peer(1, liveness: .suspect), peer(2), peer(3, liveness: .unresponsive)]))
        try map.apply(.unchanged(position(2, "f"), suspects: [peer(2).id, peer(3).id, peer(4).id]))
        #expect(map.position == position(2, "f"))
        #expect(map.peers.values.sorted { $0.id < $1.id }.map(\.liveness) == [.alive, .suspect, .unresponsive])
    }

    @Test func whatDoesNotFollowIsRefusedAndChangesNothing() throws {
        var empty = PeerMap()
        #expect(throws: PeerMap.Refusal.otherEpoch) { try empty.apply(.delta(position(1), upserts: [peer(1)], removals: [])) }
        #expect(throws: PeerMap.Refusal.otherEpoch) { try empty.apply(.keepalive(position(1))) }
        #expect(empty == PeerMap())

        var map = PeerMap()
        try map.apply(.snapshot(position(5), [peer(1)]))
        let before = map
        #expect(throws: PeerMap.Refusal.otherEpoch) {
            try map.apply(.delta(position(6, "f"), upserts: [], removals: [peer(1).id]))
        }
        #expect(throws: PeerMap.Refusal.backwards) { try map.apply(.delta(position(4), upserts: [], removals: [peer(1).id])) }
        #expect(throws: PeerMap.Refusal.backwards) { try map.apply(.keepalive(position(4))) }
        #expect(map == before)
    }
}
