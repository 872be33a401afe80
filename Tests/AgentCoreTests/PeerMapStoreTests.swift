import Basics
import MeshModel
import Testing

@testable import AgentCore

@Suite struct PeerMapStoreTests {
    private let scratch: Scratch
    private let store: PeerMapStore

    init() throws {
        scratch = try Scratch()
        store = PeerMapStore(directory: scratch.path)
    }

    private func map(_ digits: [Int]) throws -> PeerMap {
        var map = PeerMap()
        try map.apply(.snapshot(PeerMapPosition(epoch: "e1", revision: 7), try digits.map { try peer($0) }))
        return map
    }

    @Test func theLastMapIsReadBack() throws {
        let own = try registration().id
        #expect(try store.load(of: own) == nil)
        try store.save(try map([2, 3]), of: own)
        #expect(try store.load(of: own) == map([2, 3]))
        try store.save(try map([]), of: own)
        #expect(try store.load(of: own) == map([]))
        #expect(try scratch.mode(of: "peers.json") == 0o600)
    }

    @Test func theMapOfAnotherMachineIsOfNoUse() throws {
        try store.save(try map([2]), of: try registration(1).id)
        #expect(try store.load(of: try registration(2).id) == nil)
    }

    @Test(arguments: ["", "{}", "{\"version\":2}", "[1]", "\u{0}"])
    func aDamagedFileIsNamed(_ text: String) throws {
        let file = try scratch.write(text, to: "peers.json")
        let error = try #require(throws: CodedError.self) { try store.load(of: try registration().id) }
        #expect(error.code == "peers-damaged")
        #expect(error.message.contains(file))
    }
}
