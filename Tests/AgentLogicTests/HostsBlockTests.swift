import MeshModel
import Testing

@testable import AgentLogic

@Suite struct HostsBlockTests {
    private let block = HostsBlock(owner: "warren0")

    private func entry(_ name: String, _ number: UInt32) throws -> HostsBlock.Entry {
        HostsBlock.Entry(name: try #require(MachineName(name)), addresses: [.v4(0x6440_0000 + number)])
    }

    @Test func theBlockStandsBehindTheLinesOfOthers() throws {
        let others = "127.0.0.1 localhost\n192.0.2.7\tcedar # ours\n"
        let result = block.replaced(in: Array(others.utf8), with: [try entry("cedar", 3), try entry("birch", 2)])
        #expect(
            String(decoding: result.content, as: UTF8.self) == others + """
                # BEGIN warren warren0: kept by warren-agent, changes are lost
                100.64.0.2\tbirch.warren.internal birch
                100.64.0.3\tcedar.warren.internal
                # END warren warren0

                """)
        #expect(result.leftAlone == ["cedar"])
        #expect(block.removed(from: result.content) == Array(others.utf8))
    }

    @Test func namesThatMeanSomethingElseStayWhatTheyAre() throws {
        let result = block.replaced(in: [], with: try ["localhost", "ip6-localnet", "wpad", "birch"].map { try entry($0, 2) })
        #expect(result.leftAlone == ["ip6-localnet", "localhost", "wpad"])
        #expect(HostsBlock.names(in: result.content).contains("birch"))
    }

    @Test func aBlockWithoutItsEndTakesNothingWithIt() throws {
        let written = block.replaced(in: Array("a\n".utf8), with: [try entry("birch", 2)]).content
        let torn = Array(String(decoding: written, as: UTF8.self).replacing("# END warren warren0\n", with: "").utf8)
        #expect(block.removed(from: torn + Array("192.0.2.1 oak\n".utf8)) == Array("a\n192.0.2.1 oak\n".utf8))
    }

    @Test func aLineThatWasPutIntoTheBlockStays() throws {
        let written = block.replaced(in: Array("a\n".utf8), with: [try entry("birch", 2)]).content
        let mixed = String(decoding: written, as: UTF8.self).replacing("# END", with: "192.0.2.1 oak\n# END")
        #expect(block.removed(from: Array(mixed.utf8)) == Array("a\n192.0.2.1 oak\n".utf8))
    }

    @Test func twoAgentsKeepTwoBlocks() throws {
        let other = HostsBlock(owner: "warren1")
        let one = block.replaced(in: Array("a".utf8), with: [try entry("birch", 2)]).content
        let two = other.replaced(in: one, with: [try entry("oak", 3)]).content
        #expect(block.removed(from: other.removed(from: two)) == Array("a".utf8))
        #expect(other.removed(from: block.removed(from: two)).starts(with: Array("a".utf8)))
    }

    /// 2,000 files of others' making, three changes each.
    @Test func everythingElseStaysByteForByte() throws {
        var generator = SeededGenerator(seed: 5)
        let pieces = [
            "127.0.0.1 localhost", "192.0.2.7\tn3 n4", "", "# a remark", "::1 ip6-localhost\r", "\u{FEFF}x", "n1", "192.0.2.9 N5",
            "# BEGIN warren warren1: kept by warren-agent, changes are lost", "# END",
        ]
        for _ in 0..<2_000 {
            var others: [UInt8] = []
            for _ in 0..<Int.random(in: 0...8, using: &generator) {
                others += Array(pieces[Int.random(in: 0..<pieces.count, using: &generator)].utf8)
                if Int.random(in: 0..<9, using: &generator) == 0 { others.append(UInt8.random(in: 128...255, using: &generator)) }
                others.append(UInt8(ascii: "\n"))
            }
            if Bool.random(using: &generator), !others.isEmpty { others.removeLast() }
            var content = others
            for _ in 0..<3 {
                let entries = try (0..<Int.random(in: 0...6, using: &generator)).map { try entry("n\($0)", UInt32($0 + 1)) }
                let result = block.replaced(in: content, with: entries)
                content = result.content
                #expect(block.removed(from: content) == others)
                #expect(block.replaced(in: content, with: entries) == result)
                #expect(block.replaced(in: others, with: entries) == result)
                let added = HostsBlock.names(in: Array(content.dropFirst(others.count)))
                #expect(added.isDisjoint(with: HostsBlock.names(in: others)), "no name of others is defined again")
                for name in entries.map(\.name.text) where !result.leftAlone.contains(name) { #expect(added.contains(name)) }
            }
        }
    }
}
