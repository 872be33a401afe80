/// Makes text of others safe to print: a message cannot move the cursor, change colours or reorder what stands around it.
public enum TerminalText {
    /// The text with control characters (tab and line feed excepted) and bidirectional overrides written out, such as `\u{1B}`.
    public static func safe(_ text: String) -> String {
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar == "\t" || scalar == "\n" || !isHarmful(scalar) {
                shown.append(scalar)
            } else {
                shown.append(contentsOf: "\\u{\(String(scalar.value, radix: 16, uppercase: true))}".unicodeScalars)
            }
        }
        return String(shown)
    }

    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1f, 0x7f...0x9f: true
        // Embeddings, overrides and isolates of the bidirectional algorithm, and the line and paragraph separators.
        case 0x2028...0x202e, 0x2066...0x2069: true
        default: false
        }
    }
}
