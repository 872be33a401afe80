import Basics
import MeshModel
import Testing
import WireGuardModel

@testable import AgentLogic

/// Single rules of the formation, each by a short story.
@Suite struct FormationRuleTests {
    private var generator = SeededGenerator(seed: 11)
    private let clock = HandshakeTime(seconds: 1_700_000_000)

    /// This machine has key 1, the other one key 2; the device shows what is given.
    private mutating func round(
        _ formation: inout Formation, _ peer: WireGuardPeer?, at now: MonotonicTime, clock: HandshakeTime? = nil,
        candidates: [Endpoint] = [underlay(2)], encounter: Encounter = .arrival
    ) throws -> (events: [Formation.Event], start: HandshakeStart?) {
        formation.track([try key(2): candidates], now: now, encounter: { _ in encounter })
        let events = formation.observe(
            WireGuardDevice(peers: peer.map { [$0] } ?? []), wallClock: clock ?? self.clock, now: now, using: &generator)
        return (events, formation.decide(now: now, using: &generator)[try key(2)])
    }

    private func peer(received: UInt64 = 0, handshake: HandshakeTime? = nil, keepalive: UInt16 = 25) throws -> WireGuardPeer {
        WireGuardPeer(
            publicKey: try key(2), endpoint: underlay(2), allowedIPs: [host(2)], persistentKeepalive: keepalive,
            lastHandshake: handshake, receivedBytes: received)
    }

    /// The others need a moment to configure this machine.
    @Test mutating func whoseTurnItIsStartsAfterAMoment() throws {
        var formation = Formation(own: try key(1))
        #expect(try round(&formation, nil, at: .zero).start == nil)
        #expect(formation.wanted(try key(2), allowedIPs: [], start: nil)?.keepsAlive == false)
        #expect(try #require(formation.nextWake(now: .zero)) <= .milliseconds(10))
        #expect(try round(&formation, try peer(keepalive: 0), at: .milliseconds(10)).start == .first)
        #expect(formation.wanted(try key(2), allowedIPs: [], start: .first)?.keepsAlive == true)
    }

    @Test mutating func whoIsBackStartsWhoeversTurnItIs() throws {
        var formation = Formation(own: try key(3))
        #expect(try round(&formation, nil, at: .zero, encounter: .comeback).start == nil)
        #expect(try round(&formation, try peer(keepalive: 0), at: .milliseconds(10), encounter: .comeback).start == .first)
    }

    /// Of two that come at the same time the later one starts; that is not always the one with the lower key.
    @Test mutating func theOrderCanBeGiven() throws {
        for isFirst in [true, false] {
            var formation = Formation(own: try key(1))
            formation.track([try key(2): [underlay(2)]], now: .zero, startsFirst: { _ in isFirst }, encounter: { _ in .arrival })
            _ = formation.observe(WireGuardDevice(peers: []), wallClock: clock, now: .zero, using: &generator)
            #expect((formation.decide(now: .milliseconds(10), using: &generator)[try key(2)] == .first) == isFirst)
        }
    }

    @Test mutating func theOtherWaits() throws {
        var formation = Formation(own: try key(3))
        _ = try round(&formation, nil, at: .zero)
        let waiting = try #require(formation.wanted(try key(2), allowedIPs: [], start: nil))
        #expect(!waiting.keepsAlive && waiting.endpoint == nil, "a packet for the peer must not start a handshake either")
        #expect(try round(&formation, try peer(keepalive: 0), at: .milliseconds(20)).start == nil)
        #expect(try round(&formation, try peer(keepalive: 0), at: .milliseconds(120)).start == .first)
        #expect(formation.wanted(try key(2), allowedIPs: [], start: .first)?.endpoint == underlay(2))
    }

    /// Reading the device of a large mesh costs time: often while something forms, seldom at rest.
    @Test mutating func atRestItIsLookedSeldom() throws {
        var formation = Formation(own: try key(1))
        _ = try round(&formation, nil, at: .zero)
        #expect(formation.lookInterval(now: .zero) == .milliseconds(250))
        _ = try round(&formation, try peer(handshake: clock), at: .milliseconds(3_000))
        #expect(formation.lookInterval(now: .milliseconds(7_900)) == .milliseconds(250))
        #expect(formation.lookInterval(now: .milliseconds(8_000)) == .seconds(1))
        formation.nudge(now: .milliseconds(9_000), using: &generator)
        #expect(formation.lookInterval(now: .milliseconds(9_000)) == .milliseconds(250))
    }

    /// A start now would cross with the handshake that the other side has just begun.
    @Test mutating func aStartIsPutOffWhenSomethingHasJustCome() throws {
        var formation = Formation(own: try key(1))
        _ = try round(&formation, nil, at: .zero)
        _ = try round(&formation, try peer(), at: .milliseconds(75))
        #expect(try round(&formation, try peer(received: 148), at: .milliseconds(500)).start == nil)
        #expect(try round(&formation, try peer(received: 148), at: .milliseconds(600)).start == nil)
        #expect(try round(&formation, try peer(received: 148), at: .milliseconds(621)).start == .again)
    }

    /// The clock is set forward by a day just when the handshake completes.
    @Test mutating func aClockThatIsSetEndsNoSession() throws {
        var formation = Formation(own: try key(1))
        _ = try round(&formation, nil, at: .zero)
        let tomorrow = HandshakeTime(seconds: clock.seconds + 86_400)
        let formed = try round(&formation, try peer(handshake: clock), at: .milliseconds(50), clock: tomorrow)
        #expect(formed.events == [.sessionFormed(try key(2), after: .milliseconds(50))])
    }

    @Test mutating func aSessionLeftByAnEarlierRunCountsByItsAge() throws {
        for (age, counts) in [(179, true), (181, false)] {
            var formation = Formation(own: try key(1))
            let now = HandshakeTime(seconds: clock.seconds + Int64(age))
            let look = try round(&formation, try peer(handshake: clock), at: .zero, clock: now)
            #expect(look.events.isEmpty != counts)
            #expect(
                try round(&formation, try peer(handshake: clock), at: .milliseconds(10), clock: now).start
                    == (counts ? nil : .again))
        }
    }

    @Test mutating func aSessionIsOverWhenItsHandshakeIsTooOld() throws {
        var formation = Formation(own: try key(1))
        let there = try peer(handshake: clock)
        _ = try round(&formation, there, at: .zero)
        #expect(try round(&formation, there, at: .milliseconds(180_000)).events.isEmpty)
        let over = try round(&formation, there, at: .milliseconds(180_001))
        #expect(over.events == [.sessionLost(try key(2))])
        #expect(try round(&formation, there, at: .milliseconds(180_011)).start == .again)
    }

    @Test mutating func aNewSessionIsProbedAndLeftAloneOnceSomethingCame() throws {
        var formation = Formation(own: try key(1))
        _ = try round(&formation, nil, at: .zero)
        #expect(try round(&formation, try peer(received: 92, handshake: clock), at: .milliseconds(10)).start == .probe)
        #expect(try round(&formation, try peer(received: 92, handshake: clock), at: .milliseconds(20)).start == nil)
        #expect(try round(&formation, try peer(received: 124, handshake: clock), at: .milliseconds(165)).start == .probe)
        var probes = 0
        for step in 4..<100 {
            let look = try round(&formation, try peer(received: 124, handshake: clock), at: .milliseconds(Int64(step) * 100))
            #expect(look.events.isEmpty)
            if look.start == .probe { probes += 1 } else { #expect(look.start == nil) }
        }
        #expect(probes == 1)
        #expect(formation.nextWake(now: .milliseconds(10_000)) == nil)
    }

    @Test mutating func aSessionThatCarriesNothingIsStartedAgainAFewTimes() throws {
        var formation = Formation(own: try key(1))
        _ = try round(&formation, nil, at: .zero)
        var silent = 0
        var handshake = clock
        for step in 1..<1_000 {
            let look = try round(&formation, try peer(received: 92, handshake: handshake), at: .milliseconds(Int64(step) * 50))
            if look.events.contains(.sessionSilent(try key(2))) {
                silent += 1
                #expect(look.start == .again)
                handshake.seconds += 1
            }
        }
        #expect(silent == 3, "a peer that sends nothing is not restarted for ever")
        #expect(formation.hasSession(try key(2)))
    }

    @Test mutating func withoutAnEndpointNothingIsStarted() throws {
        var formation = Formation(own: try key(1))
        for step in 0..<50 {
            let look = try round(
                &formation, step == 0 ? nil : try peer(keepalive: 0), at: .milliseconds(Int64(step) * 100), candidates: [])
            #expect(look.start == nil)
        }
        #expect(formation.wanted(try key(2), allowedIPs: [], start: nil)?.keepsAlive == false)
        #expect(try round(&formation, try peer(keepalive: 0), at: .milliseconds(6_000)).start != nil)
    }

    /// The other side sends to wherever the last packet came from.
    @Test mutating func whoMovesIsHeardFrom() throws {
        var formation = Formation(own: try key(1))
        let there = try peer(received: 92, handshake: clock)
        _ = try round(&formation, there, at: .zero)
        #expect(try round(&formation, there, at: .milliseconds(50_000)).start == nil)
        formation.move(now: .milliseconds(50_000))
        #expect(try round(&formation, there, at: .milliseconds(50_001)).start == .probeFromNewAddress)
        #expect(try round(&formation, there, at: .milliseconds(50_250)).start == .probe)
        #expect(try round(&formation, there, at: .milliseconds(59_000)).events.isEmpty)
    }

    @Test mutating func aNudgeBringsTheNextStartForward() throws {
        var formation = Formation(own: try key(1))
        _ = try round(&formation, nil, at: .zero)
        for step in 1..<40 { _ = try round(&formation, try peer(), at: .milliseconds(Int64(step) * 500)) }
        let now = MonotonicTime.milliseconds(20_100)
        formation.nudge(now: now, using: &generator)
        #expect(try #require(formation.nextWake(now: now)) <= now + .milliseconds(30))
        #expect(try round(&formation, try peer(), at: now + .milliseconds(30)).start == .again)
    }
}
