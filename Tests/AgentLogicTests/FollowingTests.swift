import Basics
import MeshModel
import Testing
import WireGuardModel

@testable import AgentLogic

/// A peer with a session that says it is elsewhere now. This machine has key 1, the other one key 2.
@Suite struct FollowingTests {
    private var generator = SeededGenerator(seed: 12)
    private var formation: Formation
    private let clock = HandshakeTime(seconds: 1_700_000_000)

    init() throws { formation = Formation(own: try key(1)) }

    private mutating func round(
        at milliseconds: Int64, endpoint: Endpoint, received: UInt64 = 92, candidates: [Endpoint], left: [Endpoint] = []
    ) throws -> (events: [Formation.Event], start: HandshakeStart?, target: Endpoint?) {
        let now = MonotonicTime.milliseconds(milliseconds)
        formation.track([try key(2): candidates], now: now, encounter: { _ in .arrival })
        formation.leave(Set(left), by: try key(2))
        let peer = WireGuardPeer(
            publicKey: try key(2), endpoint: endpoint, allowedIPs: [host(2)], persistentKeepalive: 25, lastHandshake: clock,
            receivedBytes: received)
        let events = formation.observe(WireGuardDevice(peers: [peer]), wallClock: clock, now: now, using: &generator)
        let start = formation.decide(now: now, using: &generator)[try key(2)]
        return (events, start, formation.wanted(try key(2), allowedIPs: [], start: start)?.endpoint)
    }

    @Test mutating func theSessionIsPointedToWhereThePeerIs() throws {
        _ = try round(at: 0, endpoint: underlay(2), candidates: [underlay(2)])
        let there = [underlay(8), underlay(9)]
        let first = try round(at: 50_000, endpoint: underlay(2), candidates: there, left: [underlay(2)])
        #expect(first.start == .probeWhereItIs && first.target == underlay(8))
        let second = try round(at: 50_100, endpoint: underlay(8), candidates: there)
        #expect(second.start == .probeWhereItIs && second.target == underlay(9), "each candidate has its turn")
        // Something came: WireGuard has learnt where from.
        let answered = try round(at: 50_250, endpoint: underlay(9), received: 124, candidates: there)
        #expect(answered.start == .probe && answered.events.isEmpty)
        #expect(try round(at: 60_000, endpoint: underlay(9), received: 124, candidates: there).events.isEmpty)
    }

    @Test mutating func aPeerBetweenTwoAddressesIsFollowedToTheNewOne() throws {
        _ = try round(at: 0, endpoint: underlay(2), candidates: [underlay(2)])
        #expect(try round(at: 50_000, endpoint: underlay(2), candidates: [], left: [underlay(2)]).start == nil)
        #expect(try round(at: 50_100, endpoint: underlay(2), candidates: [underlay(8)]).start == .probeWhereItIs)
    }

    @Test mutating func withoutAnAnswerThereIsANewSession() throws {
        _ = try round(at: 0, endpoint: underlay(2), candidates: [underlay(2)])
        _ = try round(at: 50_000, endpoint: underlay(2), candidates: [underlay(8)], left: [underlay(2)])
        #expect(try round(at: 51_300, endpoint: underlay(8), candidates: [underlay(8)]).events.isEmpty)
        let given = try round(at: 51_401, endpoint: underlay(8), candidates: [underlay(8)])
        #expect(given.events == [.sessionSilent(try key(2))] && given.start == .again)
    }

    /// Its packets came from the new place before its message did; or it was never reached at the old one.
    @Test(arguments: [8, 77]) mutating func aSessionThatPointsElsewhereIsLeftAlone(_ place: Int) throws {
        _ = try round(at: 0, endpoint: underlay(place), candidates: [underlay(2)])
        let look = try round(at: 50_000, endpoint: underlay(place), candidates: [underlay(8)], left: [underlay(2)])
        #expect(look.start == nil && look.events.isEmpty)
    }
}
