/// A line of several styles.
struct StyledLine: Hashable, Sendable {
    struct Span: Hashable, Sendable {
        var glyphs: [Glyph]
        var style: Style
    }

    private(set) var spans: [Span] = []
    /// In columns.
    private(set) var width = 0

    mutating func append(_ glyphs: [Glyph], _ style: Style = .plain) {
        guard !glyphs.isEmpty else { return }
        spans.append(Span(glyphs: glyphs, style: style))
        width += Glyph.width(of: glyphs)
    }

    mutating func append(_ text: String, _ style: Style = .plain) { append(Glyph.all(of: text), style) }

    /// Spaces up to a column.
    mutating func pad(to column: Int) { append(Array(repeating: .space, count: max(0, column - width))) }

    /// Glyphs in exactly so many columns: cut off with an ellipsis, or followed by spaces.
    static func fit(_ glyphs: [Glyph], in columns: Int) -> [Glyph] {
        guard Glyph.width(of: glyphs) > columns else {
            return glyphs + Array(repeating: .space, count: columns - Glyph.width(of: glyphs))
        }
        guard columns > 0 else { return [] }
        var kept: [Glyph] = []
        var used = 0
        for glyph in glyphs {
            guard used + glyph.width <= columns - 1 else { break }
            kept.append(glyph)
            used += glyph.width
        }
        kept.append(Glyph(text: "…", width: 1))
        return kept + Array(repeating: .space, count: columns - 1 - used)
    }
}

extension Screen {
    /// Writes a line from a column on, up to the limit.
    mutating func put(_ line: StyledLine, row: Int, column: Int, limit: Int) {
        var place = column
        for span in line.spans {
            let end = place + Glyph.width(of: span.glyphs)
            place = put(span.glyphs, row: row, column: place, limit: limit, style: span.style)
            if place < end { return }
        }
    }
}
