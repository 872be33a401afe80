import AgentLogic
import Basics
import FoundationEssentials
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

    private func saved(_ digits: [Int], known: [Int] = []) throws -> PeerMapStore.Saved {
        PeerMapStore.Saved(map: try map(digits), pins: try known.map { Pin(try peer($0)) })
    }

    private func map(_ digits: [Int]) throws -> PeerMap {
        var map = PeerMap()
        try map.apply(.snapshot(PeerMapPosition(epoch: "e1", revision: 7), try digits.map { try peer($0) }))
        return map
    }

    @Test func theLastMapIsReadBack() throws {
        let own = try registration().id
        #expect(try store.load(of: own) == nil)
        try store.save(try saved([2, 3], known: [3]), of: own)
        #expect(try store.load(of: own) == saved([2, 3], known: [3]))
        try store.save(try saved([]), of: own)
        #expect(try store.load(of: own) == saved([]))
        #expect(try scratch.mode(of: "peers.json") == 0o600)
    }

    @Test func theMapOfAnotherMachineIsOfNoUse() throws {
        try store.save(try saved([2]), of: try registration(1).id)
        #expect(try store.load(of: try registration(2).id) == nil)
    }

    /// What an older version wrote: everybody in it is known by what stands there.
    @Test func aFileWithoutPinsIsTakenAtItsWord() throws {
        let own = try registration().id
        try store.save(try saved([2, 3]), of: own)
        let text = String(decoding: try #require(FileManager.default.contents(atPath: store.path)), as: UTF8.self)
        _ = try scratch.write(text.replacing("\"pins\":[],", with: ""), to: "peers.json")
        #expect(try store.load(of: own) == saved([2, 3], known: [2, 3]))
    }

    @Test(arguments: ["", "{}", "{\"version\":2}", "[1]", "\u{0}"])
    func aDamagedFileIsNamed(_ text: String) throws {
        let file = try scratch.write(text, to: "peers.json")
        let error = try #require(throws: CodedError.self) { try store.load(of: try registration().id) }
        #expect(error.code == "peers-damaged")
        #expect(error.message.contains(file))
    }
}
