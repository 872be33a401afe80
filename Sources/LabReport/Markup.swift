/// Text inside HTML and XML.
enum Markup {
    /// Escapes a text for content and quoted attributes of HTML.
    static func html(_ text: String) -> String { escape(text, isXML: false) }

    /// The same for XML 1.0: characters that it forbids become U+FFFD (section 2.2), and line breaks and tabs become
    /// references, so that they survive in attributes (section 3.3.3).
    static func xml(_ text: String) -> String { escape(text, isXML: true) }

    private static func escape(_ text: String, isXML: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            case "\n", "\r", "\t": if isXML { escaped += "&#\(scalar.value);" } else { escaped.unicodeScalars.append(scalar) }
            case "\u{0}"..<" ", "\u{FFFE}", "\u{FFFF}": escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
