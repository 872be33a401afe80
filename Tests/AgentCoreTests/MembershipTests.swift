import MeshModel
import Testing

@testable import AgentCore

@Suite struct MembershipTests {
    private func membership() throws -> Membership {
        let membership = try Membership(identity: Identity(joining: token), map: nil)
        membership.noteRegistered(try registration())
        return membership
    }

    @Test func registeringForgetsTheJoinSecretAndKeepsTheMapOfTheSameMachine() throws {
        let membership = try membership()
        #expect(membership.current.identity.joinSecret == nil)
        try membership.apply(.snapshot(PeerMapPosition(epoch: "e", revision: 1), [try peer(2)]))
        membership.noteRegistered(try registration())
        #expect(membership.current.map.peers.count == 1)
        membership.noteRegistered(try registration(5))
        #expect(membership.current.map == PeerMap())
    }

    @Test func anUpdateThatDoesNotFollowChangesNothing() throws {
        let membership = try membership()
        try membership.apply(.snapshot(PeerMapPosition(epoch: "e", revision: 4), [try peer(2)]))
        let before = membership.current
        #expect(throws: PeerMap.Refusal.otherEpoch) {
            try membership.apply(.delta(PeerMapPosition(epoch: "f", revision: 5), upserts: [], removals: [try peer(2).id]))
        }
        #expect(throws: PeerMap.Refusal.backwards) { try membership.apply(.keepalive(PeerMapPosition(epoch: "e", revision: 3))) }
        #expect(membership.current.map == before.map)
        #expect(membership.current.generation == before.generation)
    }

    @Test func everyChangeIsANewGeneration() throws {
        let membership = try membership()
        let first = membership.current.generation
        try membership.apply(.snapshot(PeerMapPosition(epoch: "e", revision: 1), []))
        #expect(membership.current.generation > first)
    }
}
