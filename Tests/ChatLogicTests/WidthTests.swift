import Glibc
import Testing

@testable import ChatLogic

struct WidthTests {
    /// The C library has its own tables, and tmux and others go by them. A few characters change from one version of Unicode to the
    /// next, and the two need not be of the same.
    @Test func widthsAreThoseOfTheCLibrary() throws {
        // The C library's header hides it from Swift.
        typealias Width = @convention(c) (wchar_t) -> CInt
        let wcwidth = unsafeBitCast(try #require(dlsym(nil, "wcwidth")), to: Width.self)
        let utf8 = try #require(newlocale(LC_CTYPE_MASK, "C.UTF-8", nil))
        let before = uselocale(utf8)
        defer {
            uselocale(before)
            freelocale(utf8)
        }
        var differing: [String] = []
        var compared = 0
        for value in UInt32(0x20)...0x3_ffff {
            guard let scalar = Unicode.Scalar(value), !Self.isExcepted(scalar) else { continue }
            let theirs = wcwidth(wchar_t(value))
            // Not assigned there.
            guard theirs >= 0 else { continue }
            compared += 1
            let ours = CharacterWidth.of(scalar)
            if ours != Int(theirs) { differing.append("U+\(String(value, radix: 16)): \(ours), not \(theirs)") }
        }
        #expect(compared > 100_000)
        #expect(differing.count < 40, "\(differing.count): \(differing.prefix(40))")
    }

    private static func isExcepted(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        // Invisible ones are never written alone; what the C library makes of them does not matter.
        return properties.isDefaultIgnorableCodePoint || properties.generalCategory == .unassigned
    }

    @Test(arguments: [
        ("a", [1]), ("é", [1]), ("e\u{301}", [1]), ("中文", [2, 2]), ("한", [2]), ("\u{1112}\u{1161}\u{11ab}", [2]), ("👍", [2]),
        ("👍🏽", [2]), ("👩‍👩‍👧‍👦", [2]), ("🇩🇪", [2]), ("❤️", [2]), ("1️⃣", [2]), ("क्ष", [1, 1]), ("\u{301}", [1]), ("\u{200b}", []),
        ("a\u{200b}b", [1, 1]), ("\u{1b}[2J", [1, 1, 1, 1, 1, 1, 1, 1, 1]), ("\t", [1, 1, 1, 1]), ("\n", [1]), ("ｱ", [1]),
        ("Ａ", [2]),
        ("\u{202e}x", [1, 1, 1, 1, 1, 1, 1, 1, 1]),
    ])
    func textIsTakenApart(text: String, widths: [Int]) {
        let glyphs = Glyph.all(of: text)
        #expect(glyphs.map(\.width) == widths, "\(glyphs.map(\.text))")
        #expect(
            glyphs.allSatisfy { !$0.text.isEmpty && $0.text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f } })
    }

    @Test func manyMarksAreCutOff() {
        let glyphs = Glyph.all(of: "a" + String(repeating: "\u{301}", count: 5_000))
        #expect(glyphs.count == 1)
        #expect(glyphs.allSatisfy { $0.text.unicodeScalars.count <= Glyph.scalarLimit })
    }

    @Test(arguments: [
        ("one two three", 7, ["one two", "three"]), ("one two three", 8, ["one two", "three"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("a  b", 10, ["a  b"]), ("ab cdefgh", 4, ["ab", "cdef", "gh"]), ("中文字", 4, ["中文", "字"]), ("中文字", 5, ["中文", "字"]),
        ("中", 1, ["?"]), ("", 5, [""]), ("a\n\nb", 5, ["a", "", "b"]), ("  in", 5, ["  in"]), ("ab中", 3, ["ab", "中"]),
        ("one ", 3, ["one"]), ("a b c d", 1, ["a", "b", "c", "d"]),
    ])
    func textIsWrappedAtWords(text: String, width: Int, lines: [String]) {
        #expect(WordWrap.lines(text, width: width).map { $0.map(\.text).joined() } == lines)
    }
}
