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
        var pool = try AddressPool(prefix: prefix("10.0.0.0/30"))
        _ = try pool.allocate()
        _ = try pool.allocate()
        let error = #expect(throws: CodedError.self) { try pool.allocate() }
        let message = try #require(error).message
        #expect(message.contains("all 2 mesh addresses of 10.0.0.0/30"))
        #expect(message.contains("machine remove") && message.contains("--pool"))
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

    @Test(arguments: ["10.0.0.0/31", "10.0.0.1/32", "fd00::/64"])
    func refusesPrefixesWithoutRoom(_ text: String) {
        #expect(code { _ = try AddressPool(prefix: prefix(text)) } == "bad-pool")
    }

    @Test func theWholeAddressSpaceDoesNotOverflow() throws {
        var pool = try AddressPool(prefix: prefix("0.0.0.0/0"))
        #expect(pool.capacity == 4_294_967_294)
        try pool.reserve(address("255.255.255.254"))
        #expect(try pool.allocate().description == "0.0.0.1")
        #expect(try AddressPool(prefix: prefix("255.255.255.0/24")).capacity == 254)
    }

    @Test func anyOrderOfReservingAndReleasingGivesTheLowestFreeAddress() throws {
        var random = SeededGenerator(seed: 7)
        var pool = try AddressPool(prefix: prefix("10.0.0.0/27"))
        var taken: Set<UInt32> = []
        for _ in 0..<20_000 {
            let word = 0x0a00_0000 + UInt32.random(in: 1...30, using: &random)
            if Bool.random(using: &random) {
                let refusal = code { try pool.reserve(.v4(word)) }
                #expect((refusal == nil) == taken.insert(word).inserted)
            } else {
                pool.release(.v4(word))
                taken.remove(word)
            }
            let lowest = (0x0a00_0001...0x0a00_001e).first { !taken.contains($0) }
            #expect((try? pool.lowestFree()) == lowest.map { .v4($0) })
            #expect(pool.usedCount == taken.count)
        }
    }
}
