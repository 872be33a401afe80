/// Breaks text into lines: between words, and inside a word that is longer than a line. Wide characters are words of their own.
enum WordWrap {
    /// The lines of a text that may hold line feeds; at least one, each no wider than `width`.
    ///
    /// - Parameter width: columns, at least 1.
    static func lines(_ text: String, width: Int) -> [[Glyph]] {
        text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .flatMap { lines(Glyph.all(of: String($0)), width: width) }
    }

    /// The lines of glyphs; at least one.
    static func lines(_ glyphs: [Glyph], width: Int) -> [[Glyph]] {
        var wrapper = Wrapper(width: max(1, width))
        for glyph in glyphs { wrapper.add(glyph) }
        wrapper.end()
        return wrapper.lines
    }

    private struct Wrapper {
        let width: Int
        var lines: [[Glyph]] = []
        private var line: [Glyph] = []
        private var used = 0
        /// How many glyphs of the line stand before the latest place where it may be broken.
        private var lastBreak = 0
        /// Spaces at the place of a break are not carried over.
        private var skipsSpaces = false

        init(width: Int) { self.width = width }

        mutating func add(_ glyph: Glyph) {
            let glyph = glyph.width > width ? Glyph.misfit : glyph
            if glyph == .space {
                if skipsSpaces { return }
                if used + 1 > width {
                    breakLine(at: line.count)
                    return
                }
            }
            skipsSpaces = false
            if glyph.width == 2 { lastBreak = line.count }
            while used + glyph.width > width { breakLine(at: lastBreak > 0 ? lastBreak : line.count) }
            line.append(glyph)
            used += glyph.width
            if glyph == .space || glyph.width == 2 { lastBreak = line.count }
        }

        mutating func end() {
            if !line.isEmpty || lines.isEmpty { lines.append(line) }
        }

        private mutating func breakLine(at place: Int) {
            var head = Array(line[..<place])
            while head.last == .space { head.removeLast() }
            lines.append(head)
            line.removeFirst(place)
            used = Glyph.width(of: line)
            lastBreak = 0
            skipsSpaces = line.isEmpty
        }
    }
}
