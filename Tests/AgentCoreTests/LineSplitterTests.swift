import Basics
import Testing

@testable import AgentCore

@Suite struct LineSplitterTests {
    private func lines(_ chunks: [String], limit: Int = 100) throws -> [String] {
        var splitter = LineSplitter(limit: limit)
        return try chunks.flatMap { try splitter.add($0.utf8) }.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func everyWayOfCuttingGivesTheSameLines() throws {
        let text = "one\ntwo\n\nthree and more\n"
        let whole = Array(text)
        for first in 0..<whole.count {
            for second in first..<whole.count {
                let chunks = [whole[..<first], whole[first..<second], whole[second...]].map { String($0) }
                #expect(try lines(chunks) == ["one", "two", "three and more"])
            }
        }
    }

    @Test func anUnfinishedLineWaits() throws {
        #expect(try lines(["one\ntw"]) == ["one"])
    }

    @Test func aLineThatIsTooLongIsRefusedWithOrWithoutItsEnd() {
        #expect(throws: CodedError.self) { try lines([String(repeating: "x", count: 101)]) }
        #expect(throws: CodedError.self) { try lines([String(repeating: "x", count: 101) + "\n"]) }
        #expect(throws: CodedError.self) { try lines(Array(repeating: "x", count: 101)) }
        #expect(throws: Never.self) { try lines([String(repeating: "x", count: 100) + "\n"]) }
    }

    /// A line of a megabyte in pieces of a kilobyte: the time must not grow with the square.
    @Test func aLongLineInManyPieces() throws {
        let piece = String(repeating: "x", count: 1_024)
        #expect(try lines(Array(repeating: piece, count: 1_024) + ["\n"], limit: 2 << 20).first?.utf8.count == 1 << 20)
    }
}
