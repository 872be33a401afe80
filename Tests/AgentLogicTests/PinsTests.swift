import Basics
import MeshModel
import Testing

@testable import AgentLogic

/// A peer's key and addresses change for a cause only.
@Suite struct PinsTests {
    private var pins = Pins()

    init() throws { pins.learn([try peer(2), try peer(3)]) }

    private mutating func follow(_ peers: [Peer], working: [Int] = [], at seconds: Int64 = 0) throws -> [Pins.Event] {
        pins.follow(
            peers, meshPrefix6: IPPrefix("fd00:1::/64"), working: try Set(working.map { try key($0) }),
            now: .milliseconds(seconds * 1_000))
    }

    @Test mutating func whatIsAsItWasIsNoEventAndNewMachinesAreFreeToCome() throws {
        #expect(try follow([peer(2), peer(3, liveness: .unresponsive), peer(4)]).isEmpty)
        #expect(pins.refused.isEmpty)
        #expect(pins.ids == [try peer(2).id, try peer(3).id], "nobody is known before having been a peer")
    }

    @Test mutating func anotherKeyWithoutCauseIsRefusedOnceAndTheKnownOneStays() throws {
        let changed = try peer(2, key: 9)
        let events = try follow([changed, peer(3)])
        #expect(events == [.refused(changed, .key, known: Pin(try peer(2)))])
        #expect(pins.inForce(changed).publicKey == (try key(2)))
        #expect(try follow([changed, peer(3)], at: 1).isEmpty, "told once")
        #expect(try follow([peer(2), peer(3)], at: 2).isEmpty)
        #expect(pins.refused.isEmpty, "the map is right again")
    }

    @Test mutating func anotherAddressIsRefused() throws {
        let moved = try peer(2, address: 8)
        #expect(try follow([moved, peer(3)]) == [.refused(moved, .address, known: Pin(try peer(2)))])
        #expect(pins.inForce(moved).meshAddress == host(2).address)
        let both = try peer(2, key: 9, address: 8)
        #expect(try follow([both, peer(3)]) == [.refused(both, .keyAndAddress, known: Pin(try peer(2)))])
        #expect(pins.refused == [both.id: .keyAndAddress])
    }

    /// Endpoints, name and liveness are news as ever.
    @Test mutating func onlyKeyAndAddressesAreHeld() throws {
        var changed = try peer(2, liveness: .suspect, key: 9)
        changed.endpoints = [underlay(77)]
        _ = try follow([changed, peer(3)])
        let inForce = pins.inForce(changed)
        #expect(inForce.endpoints == [underlay(77)] && inForce.liveness == .suspect)
    }

    @Test mutating func aMachineThatChangedItsOwnKeyIsFollowedAlsoOverSeveralChanges() throws {
        var machine = try peer(2)
        for number in 20..<(20 + Peer.formerKeyLimit) { machine.changeKey(to: try key(number)) }
        #expect(try follow([machine, peer(3)]).isEmpty)
        #expect(pins.inForce(machine) == machine && pins.all.first?.publicKey == machine.publicKey)
        machine.changeKey(to: try key(2))
        #expect(try follow([machine, peer(3)]).isEmpty, "and back")
    }

    @Test mutating func whoIsGoneIsNobodyAndAnotherMayHaveTheAddress() throws {
        #expect(try follow([peer(3)]).isEmpty)
        let heir = try peer(7, address: 2)
        #expect(try follow([peer(3), heir], at: 1).isEmpty)
        pins.learn([heir])
        #expect(pins.ids == [heir.id, try peer(3).id])
    }

    /// As after an old database was put back: the coordinator knows an older key, and the machine itself joins again.
    @Test mutating func aKeyThatAnotherMachineHasProvenToHoldIsNotHeld() throws {
        let old = try peer(2, key: 9)
        #expect(try follow([old, peer(3)], working: [2]).count == 1)
        let again = try peer(5, key: 2)
        #expect(try follow([old, peer(3), again], at: 1) == [.gaveWay(old, known: Pin(try peer(2)), .keyMoved)])
        #expect(pins.refused.isEmpty)
    }

    @Test mutating func twoThatSwapTheirKeysAreBothRefused() throws {
        let swapped = try [peer(2, key: 3), peer(3, key: 2)]
        #expect(try follow(swapped).count == 2)
        #expect(swapped.map(pins.inForce) == (try [peer(2), peer(3)]))
    }

    @Test mutating func aSilentKeyGivesWayInTheEndAndOneThatWorksNever() throws {
        let limit = Pins.patience.components.seconds
        let changed = try [peer(2, key: 9), peer(3, key: 8)]
        #expect(try follow(changed, working: [2]).count == 2)
        #expect(try follow(changed, working: [2], at: limit - 1).isEmpty)
        #expect(try follow(changed, working: [2], at: limit) == [.gaveWay(changed[1], known: Pin(try peer(3)), .silent)])
        #expect(try follow(changed, working: [2], at: limit * 100).isEmpty)
        #expect(try follow(changed, at: limit * 101 - 1).isEmpty)
        #expect(try follow(changed, at: limit * 101) == [.gaveWay(changed[0], known: Pin(try peer(2)), .silent)])
    }

    @Test mutating func theTimeCountsForOneOfferOnly() throws {
        let limit = Pins.patience.components.seconds
        _ = try follow([peer(2, key: 9), peer(3)])
        #expect(try follow([peer(2, key: 8), peer(3)], at: limit).count == 1)
        #expect(pins.refused.count == 1)
    }

    /// The key is the same, so a session says nothing about who is right: a machine that really has another address is not cut off for
    /// ever.
    @Test mutating func anAddressGivesWayAlsoUnderALivingSession() throws {
        let limit = Pins.patience.components.seconds
        let moved = try peer(2, address: 8)
        _ = try follow([moved, peer(3)], working: [2])
        #expect(try follow([moved, peer(3)], working: [2], at: limit) == [.gaveWay(moved, known: Pin(try peer(2)), .silent)])
    }

    @Test mutating func anIPv6AddressMayComeAndGoAndChangeWithItsMeshOnly() throws {
        var machine = try peer(2)
        machine.meshAddress6 = IPAddress("fd00:1::2")
        #expect(try follow([machine, peer(3)]).isEmpty)
        #expect(try follow([peer(2), peer(3)]).isEmpty)
        var other = machine
        other.meshAddress6 = IPAddress("fd00:1::3")
        #expect(
            try follow([other, peer(3)]) == [.refused(other, .address, known: Pin(machine))], "it is not forgotten meanwhile")
        #expect(pins.follow([other], meshPrefix6: IPPrefix("fd00:2::/64"), working: [], now: .zero).isEmpty)
    }

    @Test func theyOutliveARestart() throws {
        var again = Pins(pins.all)
        #expect(again.all == pins.all)
        let changed = try peer(2, key: 9)
        #expect(again.follow([changed], meshPrefix6: nil, working: [], now: .zero).count == 1)
    }
}
