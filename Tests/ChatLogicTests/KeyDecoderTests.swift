import Testing

@testable import ChatLogic

struct KeyDecoderTests {
    private func keys(_ text: String) -> [Key] {
        var decoder = KeyDecoder()
        return decoder.decode(text.utf8) + decoder.flush()
    }

    @Test(
        arguments: [
            ("a", [.scalar("a")]), ("ä中👍", [.scalar("ä"), .scalar("中"), .scalar("👍")]), ("\r", [.enter]),
            ("\t\u{7f}", [.tab, .backspace]),
            ("\u{1b}[A\u{1b}[B\u{1b}[C\u{1b}[D", [.up, .down, .right, .left]), ("\u{1b}OA\u{1b}OH\u{1b}OF", [.up, .home, .end]),
            ("\u{1b}[H\u{1b}[F\u{1b}[1~\u{1b}[4~", [.home, .end, .home, .end]),
            ("\u{1b}[3~\u{1b}[5~\u{1b}[6~", [.delete, .pageUp, .pageDown]),
            ("\u{1b}[1;5D\u{1b}[1;5C\u{1b}b\u{1b}f", [.wordLeft, .wordRight, .wordLeft, .wordRight]),
            ("\u{1b}\r\u{1b}\u{7f}", [.lineFeed, .deleteWord]), ("\u{3}\u{17}", [.control("c"), .control("w")]),
            ("\u{1b}", [.escape]), ("\u{1b}[200~a\u{1b}[Bb\r\u{1b}[201~c", [.paste("a\u{1b}[Bb\r"), .scalar("c")]),
            // What is not known is swallowed, and what follows is not.
            ("\u{1b}[99;7zx", [.scalar("x")]), ("\u{1b}[?1;2cx", [.scalar("x")]), ("\u{1b}]0;title\u{7}x", [.scalar("x")]),
            ("\u{1b}P1$r\u{1b}\\x", [.scalar("x")]), ("\u{1b}[1\u{1b}[A", [.up]), ("\u{1b}qx", [.scalar("x")]),
            ("\u{1b}[200~\u{1b}[201~x", [.scalar("x")]),
        ] as [(String, [Key])])
    func sequencesAreKeys(text: String, expected: [Key]) {
        #expect(keys(text) == expected)
        // In any pieces.
        var decoder = KeyDecoder()
        let inPieces = text.utf8.flatMap { decoder.decode([$0]) } + decoder.flush()
        #expect(inPieces == expected)
    }

    @Test func brokenTextIsDropped() {
        var decoder = KeyDecoder()
        let keys = decoder.decode([0xe4, 0xb8, 0x61, 0xff, 0xc0, 0x80, 0xed, 0xa0, 0x80, 0x62])
        #expect(keys == [.scalar("a"), .scalar("b")])
        #expect(!decoder.isWaiting)
    }

    @Test func aPasteHasABoundAndAnEnd() {
        var decoder = KeyDecoder()
        var keys = decoder.decode("\u{1b}[200~".utf8)
        for _ in 0..<100 { keys += decoder.decode(String(repeating: "x", count: 1_000).utf8) }
        keys += decoder.decode("\u{1b}[201~y".utf8)
        #expect(keys == [.paste(String(repeating: "x", count: KeyDecoder.pasteLimit)), .scalar("y")])
        // One that never ends is given up when nothing comes any more.
        keys = decoder.decode("\u{1b}[200~abc".utf8)
        for _ in 0..<KeyDecoder.patience { keys += decoder.flush() }
        #expect(keys == [.paste("abc")])
        #expect(!decoder.isWaiting)
    }

    /// Anything may come: 5,000 random inputs. The decoder never gets stuck, and keys never hold controls.
    @Test func anythingMayCome() {
        var random = SeededGenerator(seed: 1)
        let pieces = [
            "\u{1b}", "[", "O", "]", "~", "200", "1;5", "a", "é", "👍", "\u{7}", "\\", "P", "\u{1b}[200~", "\u{1b}[201~", "\r",
        ]
        for _ in 0..<5_000 {
            var decoder = KeyDecoder()
            var input: [UInt8] = []
            for _ in 0..<Int.random(in: 1...30, using: &random) {
                input += Bool.random(using: &random) ? Array((pieces.randomElement(using: &random) ?? "").utf8) : random.bytes(2)
            }
            for key in decoder.decode(input) {
                if case .scalar(let scalar) = key { #expect(scalar.value >= 0x20 && !(0x7f..<0xa0).contains(scalar.value)) }
            }
            for _ in 0...KeyDecoder.patience { _ = decoder.flush() }
            #expect(!decoder.isWaiting)
            let next = decoder.decode([0x78])
            #expect(next == [.scalar("x")])
        }
    }
}
