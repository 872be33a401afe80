/// How many columns of a terminal a character takes.
///
/// What terminals go by: East Asian Width and the properties of emoji (Unicode Annex 11, Technical Standard 51), as in wcwidth(3).
public enum CharacterWidth {
    /// 0, 1 or 2. Controls count as 0: they must not reach a terminal.
    public static func of(_ scalar: Unicode.Scalar) -> Int {
        let value = scalar.value
        if (0x20...0x7e).contains(value) { return 1 }
        if value < 0xa0 { return 0 }
        if value < 0x300 { return value == 0xad ? 0 : 1 }
        let properties = scalar.properties
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        // Vowels and final consonants of Hangul that stand on a leading one.
        case .otherLetter where (0x1160...0x11ff).contains(value) || (0xd7b0...0xd7ff).contains(value): return 0
        case .lineSeparator, .paragraphSeparator, .control, .surrogate: return 0
        case .format: return isPrepended(value) ? 1 : 0
        default: break
        }
        if properties.isDefaultIgnorableCodePoint { return 0 }
        return isWide(scalar) ? 2 : 1
    }

    /// Signs that stand before numbers, in Arabic and others: of the category Format, and visible.
    private static func isPrepended(_ value: UInt32) -> Bool {
        switch value {
        case 0x600...0x605, 0x6dd, 0x70f, 0x890...0x891, 0x8e2, 0x110bd, 0x110cd: true
        default: false
        }
    }

    private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        let value = scalar.value
        if value < 0x1100 { return false }
        if wide.contains(where: { $0.contains(value) }) { return true }
        // One regional indicator is a letter; two are a flag.
        return scalar.properties.isEmojiPresentation && !(0x1f1e6...0x1f1ff).contains(value)
    }

    /// East Asian Width W and F besides emoji; gaps that are not assigned are bridged.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115f, 0x2329...0x232a, 0x2e80...0x303e, 0x3041...0xa4c6, 0xa960...0xa97c,
        0xac00...0xd7a3, 0xf900...0xfaff, 0xfe10...0xfe19, 0xfe30...0xfe6b, 0xff01...0xff60, 0xffe0...0xffe6, 0x16fe0...0x1b2fb,
        0x1f200...0x1f265, 0x20000...0x3fffd,
    ]
}
