import Basics
import MeshModel
import Testing

@testable import CoordinatorLogic

@Suite struct AddressPoolTests {
    @Test func handsOutTheLowestFreeAddressAndSkipsNetworkAndBroadcast() throws {
        var pool = try AddressPool(prefix: prefix("10.0.0.0/29"))
        #expect(pool.capacity == 6)
        let all = try (0..<6).map { _ in try pool.allocate().description }
        #expect(all == ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"])
        #expect(code { _ = try pool.allocate() } == "address-pool-exhausted")
        pool.release(try address("10.0.0.5"))
        pool.release(try address("10.0.0.2"))
        pool.release(try address("10.0.0.2"))
        #expect(try pool.allocate().description == "10.0.0.2")
        #expect(try pool.allocate().description == "10.0.0.5")
        #expect(code { _ = try pool.allocate() } == "address-pool-exhausted")
    }

    @Test func exhaustionSaysWhatToDo() throws {
        var pool = try AddressPool(prefix: prefix("10.0.0.0/30"), quarantine: 600)
        pool.advance(to: 1_000)
        for _ in 0..<4 { _ = try pool.allocate() }
        let full = try #require(#expect(throws: CodedError.self) { try pool.allocate() })
        #expect(full.message.contains("all 4 mesh addresses of 10.0.0.0/30 are taken: 4 in use, 0 in quarantine"))
        #expect(full.message.contains("machine remove") && full.message.contains("--pool"))
        #expect(!full.message.contains("--address-quarantine"), "waiting helps nothing")
        pool.release(try address("10.0.0.2"))
        pool.advance(to: 1_090)
        let resting = try #require(#expect(throws: CodedError.self) { try pool.allocate() })
        #expect(resting.message.contains("3 in use, 1 in quarantine") && resting.message.contains("which is free in 510s"))
        #expect(resting.message.contains("shorter --address-quarantine"))
    }

    @Test(arguments: [("10.0.0.4/30", 4), ("10.0.0.4/31", 2), ("10.0.0.4/32", 1), ("255.255.255.255/32", 1)])
    func longPrefixesAreUsedWhole(_ text: String, _ count: Int) throws {
        var pool = try AddressPool(prefix: prefix(text))
        #expect(pool.capacity == count)
        let all = try (0..<count).map { _ in try pool.allocate() }
        #expect(all.first == pool.prefix.address && Set(all).count == count && all.allSatisfy(pool.prefix.contains))
        #expect(code { _ = try pool.allocate() } == "address-pool-exhausted")
    }

    @Test func aReleasedAddressRestsToTheSecond() throws {
        var pool = try AddressPool(prefix: prefix("10.0.0.0/29"), quarantine: 60)
        pool.advance(to: 1_000)
        let one = try pool.allocate()
        pool.release(one)
        #expect(try pool.lowestFree().description == "10.0.0.2" && pool.restingCount == 1 && pool.usedCount == 0)
        #expect(code { try pool.reserve(one) } == "address-in-use")
        pool.advance(to: 1_059)
        #expect(try pool.lowestFree().description == "10.0.0.2")
        pool.advance(to: 1_060)
        #expect(try pool.lowestFree() == one && pool.restingCount == 0)
    }

    @Test func aClockThatIsPutBackProlongsNoQuarantineForGood() throws {
        var pool = try AddressPool(prefix: prefix("10.0.0.0/32"), quarantine: 60)
        pool.advance(to: 1_000_000)
        pool.release(try pool.allocate())
        pool.advance(to: 1_000)
        pool.advance(to: 1_059)
        #expect(pool.restingCount == 1)
        pool.advance(to: 1_060)
        #expect(pool.restingCount == 0)
    }

    @Test func restoredReleasesRestForTheRemainderOnly() throws {
        var pool = try AddressPool(prefix: prefix("10.0.0.0/29"), quarantine: 60)
        pool.advance(to: 1_000)
        try pool.reserve(address("10.0.0.3"))
        for (text, released) in [("10.0.0.1", 950), ("10.0.0.2", 940), ("10.0.0.3", 990), ("10.0.0.4", 9_999), ("10.9.0.1", 999)]
        {
            pool.restoreReleased(try address(text), at: Int64(released))
        }
        #expect(try pool.restingCount == 2 && pool.lowestFree().description == "10.0.0.2")
        pool.advance(to: 1_010)
        #expect(try pool.lowestFree().description == "10.0.0.1")
        pool.advance(to: 1_060)
        #expect(pool.restingCount == 0, "a time to come counted as the present")
    }

    @Test func reservedAddressesAreSkippedAndComeBackWhenReleased() throws {
        var pool = try AddressPool(prefix: prefix("10.0.0.0/29"))
        try pool.reserve(address("10.0.0.1"))
        try pool.reserve(address("10.0.0.3"))
        #expect(try pool.allocate().description == "10.0.0.2")
        #expect(try pool.lowestFree().description == "10.0.0.4")
        pool.release(try address("10.0.0.1"))
        try pool.reserve(address("10.0.0.1"))
        #expect(try pool.allocate().description == "10.0.0.4")
        #expect(code { try pool.reserve(address("10.0.0.1")) } == "address-in-use")
    }

    @Test(arguments: ["10.0.0.0", "10.0.0.7", "10.0.0.8", "9.255.255.255", "fd00::1"])
    func refusesAddressesThatItDoesNotHandOut(_ text: String) throws {
        var pool = try AddressPool(prefix: prefix("10.0.0.0/29"))
        #expect(code { try pool.reserve(address(text)) } == "address-outside-pool")
    }

    @Test func refusesOtherPrefixesThanIPv4() {
        #expect(code { _ = try AddressPool(prefix: prefix("fd00::/64")) } == "bad-pool")
    }

    @Test func theWholeAddressSpaceDoesNotOverflow() throws {
        var pool = try AddressPool(prefix: prefix("0.0.0.0/0"))
        #expect(pool.capacity == 4_294_967_294)
        try pool.reserve(address("255.255.255.254"))
        #expect(try pool.allocate().description == "0.0.0.1")
        #expect(try AddressPool(prefix: prefix("255.255.255.0/24")).capacity == 254)
    }

    @Test(arguments: [0, 40] as [Int64])
    func anyOrderOfReservingAndReleasingGivesTheLowestFreeAddress(_ quarantine: Int64) throws {
        var random = SeededGenerator(seed: 7)
        var pool = try AddressPool(prefix: prefix("10.0.0.0/27"), quarantine: quarantine)
        var taken: Set<UInt32> = []
        var freeFrom: [UInt32: Int64] = [:]
        var now: Int64 = 0
        for _ in 0..<50_000 {
            now += Int64.random(in: 0...4, using: &random)
            pool.advance(to: now)
            let word = 0x0a00_0000 + UInt32.random(in: 1...30, using: &random)
            if Bool.random(using: &random) {
                let refusal = code { try pool.reserve(.v4(word)) }
                #expect((refusal == nil) == (!taken.contains(word) && freeFrom[word, default: 0] <= now))
                if refusal == nil { taken.insert(word) }
            } else {
                pool.release(.v4(word))
                if taken.remove(word) != nil { freeFrom[word] = now + quarantine }
            }
            let lowest = (0x0a00_0001...0x0a00_001e).first { !taken.contains($0) && freeFrom[$0, default: 0] <= now }
            #expect((try? pool.lowestFree()) == lowest.map { .v4($0) })
            #expect(pool.usedCount == taken.count)
        }
    }
}
