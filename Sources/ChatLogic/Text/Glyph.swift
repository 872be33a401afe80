import MessengerLogic

/// What stands in one or two columns: a base character with all that belongs to it.
public struct Glyph: Hashable, Sendable {
    /// Printable as it is. Never empty.
    public let text: String
    /// 1 or 2 columns.
    public let width: Int

    static let space = Glyph(text: " ", width: 1)
    /// For one that is too wide for where it should stand.
    static let misfit = Glyph(text: "?", width: 1)

    /// The most scalars in one glyph: a family of four with skin tones has 11. Further marks are dropped.
    static let scalarLimit = 16

    /// Takes a text apart. Controls are written out, as `TerminalText` does; tabs become spaces and line feeds a sign.
    public static func all(of text: String) -> [Glyph] {
        var glyphs: [Glyph] = []
        for character in TerminalText.safe(text) { append(character, to: &glyphs) }
        return glyphs
    }

    /// How many columns glyphs take.
    public static func width(of glyphs: some Sequence<Glyph>) -> Int { glyphs.reduce(0) { $0 + $1.width } }

    private static func append(_ character: Character, to glyphs: inout [Glyph]) {
        if let ascii = character.asciiValue {
            switch ascii {
            case UInt8(ascii: "\t"): for _ in 0..<4 { glyphs.append(space) }
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): glyphs.append(Glyph(text: "⏎", width: 1))
            default: glyphs.append(Glyph(text: String(character), width: 1))
            }
            return
        }
        let scalars = character.unicodeScalars.prefix(scalarLimit)
        if isEmojiSequence(scalars) {
            glyphs.append(Glyph(text: String(String.UnicodeScalarView(scalars)), width: 2))
        } else {
            appendPieces(scalars, to: &glyphs)
        }
    }

    /// Every scalar that has a width begins a glyph, those without join it: so do terminals, whatever the rules for clusters say.
    private static func appendPieces(_ scalars: some Collection<Unicode.Scalar>, to glyphs: inout [Glyph]) {
        var piece = String.UnicodeScalarView()
        var width = 0
        for scalar in scalars {
            let own = CharacterWidth.of(scalar)
            if own > 0, width > 0 {
                glyphs.append(Glyph(text: String(piece), width: width))
                piece = String.UnicodeScalarView()
            }
            if own > 0 {
                width = own
            } else if width == 0 {
                // A mark with nothing to stand on gets a circle; what is invisible is left out.
                guard scalar.properties.generalCategory == .nonspacingMark, !scalar.properties.isDefaultIgnorableCodePoint else {
                    continue
                }
                piece.append("\u{25cc}")
                width = 1
            }
            piece.append(scalar)
        }
        if width > 0 { glyphs.append(Glyph(text: String(piece), width: width)) }
    }

    /// Flags, keycaps, skin tones, families, and signs that are asked to be shown as emoji.
    private static func isEmojiSequence(_ scalars: some Collection<Unicode.Scalar>) -> Bool {
        guard let first = scalars.first, scalars.count > 1 else { return false }
        let isFlag = (0x1f1e6...0x1f1ff).contains(first.value)
        if isFlag { return true }
        guard first.properties.isEmoji else { return false }
        return scalars.dropFirst().contains {
            $0.value == 0xfe0f || $0.value == 0x20e3 || $0.properties.isEmojiModifier
                || ($0.value == 0x200d && first.value > 0x7f) || (0xe0020...0xe007f).contains($0.value)
        }
    }
}
