import Basics
import MeshModel
import PacketModel
import Testing

@Suite struct ClearTextSearchTests {
    private func search(_ text: String, addresses: [String] = [], names: [String] = []) throws -> [ClearTextSearch.Hit] {
        let search = try ClearTextSearch(
            canaryPrefix: "warren-lab-t0ken", meshAddresses: addresses.compactMap { IPAddress($0) }, names: names)
        return search.hits(in: Array(text.utf8))
    }

    @Test func canariesAreFoundWhole() throws {
        let hits = try search("warren-lab-other-1 ww warren-lab-t0ken-17, warren-lab-t0ken-18\"")
        #expect(hits.map(\.text) == ["warren-lab-t0ken-17", "warren-lab-t0ken-18"])
        #expect(hits.map(\.offset) == [22, 43] && hits.allSatisfy { $0.kind == .canary })
        #expect(try search("warren-lab-t0ken").count == 1)
        #expect(try search("warren-lab-t0ke").isEmpty)
        #expect(try search("").isEmpty)
    }

    @Test func addressesAreFoundAsText() throws {
        let mesh = ["100.64.0.1", "100.64.0.12", "fd77:1::a"]
        #expect(try search("peer 100.64.0.12/32, ", addresses: mesh).map(\.text) == ["100.64.0.12"])
        #expect(try search("to 100.64.0.1:51820", addresses: mesh).map(\.text) == ["100.64.0.1"])
        #expect(try search("it is 100.64.0.1.", addresses: mesh).map(\.text) == ["100.64.0.1"])
        #expect(try search("\"FD77:1::a\" \"fd77:1::a\"", addresses: mesh).map(\.text) == ["fd77:1::a"])
        // Another address, or another one's end.
        #expect(try search("100.64.0.13 1100.64.0.1 100.64.0.", addresses: mesh).isEmpty)
    }

    @Test func namesAndBounds() throws {
        #expect(try search("hello machine-seven", names: ["machine-seven"]).map(\.kind) == [.name])
        for bad in ["short", String(repeating: "x", count: 65)] {
            #expect(throws: CodedError.self) { try ClearTextSearch(canaryPrefix: bad) }
            #expect(throws: CodedError.self) { try ClearTextSearch(canaryPrefix: "warren-lab-", names: [bad]) }
        }
        #expect(try search(String(repeating: "warren-lab-t0ken-1 ", count: 100)).count == ClearTextSearch.mostHits)
        // Thousands of neighbours share a prefix; strangers do not.
        var many = try ClearTextSearch(canaryPrefix: "warren-lab-", meshAddresses: (0..<5_000).map { .v4(0x6440_0000 + $0) })
        #expect(many.hits(in: Array("100.64.19.135".utf8)).count == 1)
        #expect(throws: CodedError.self) {
            for number in 0..<1_000 { try many.add(meshAddress: .v4(UInt32(number) << 16)) }
        }
    }
}
