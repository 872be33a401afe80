/// A grid of characters with colours, for drawing on a terminal. Pure. What lies outside is not drawn.
public struct DemoCanvas: Sendable, Hashable {
    public enum Style: String, Sendable, Hashable {
        case plain = ""
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case cyan = "36"
    }

    private struct Cell: Sendable, Hashable {
        var character: Character = " "
        var style = Style.plain
    }

    public let columns: Int
    public let rows: Int
    private var cells: [Cell]

    /// - Parameters:
    ///   - columns: at least 1.
    ///   - rows: at least 1.
    public init(columns: Int, rows: Int) {
        self.columns = max(1, columns)
        self.rows = max(1, rows)
        cells = Array(repeating: Cell(), count: self.columns * self.rows)
    }

    public mutating func put(_ character: Character, _ column: Int, _ row: Int, _ style: Style = .plain) {
        guard (0..<columns).contains(column), (0..<rows).contains(row) else { return }
        cells[row * columns + column] = Cell(character: character, style: style)
    }

    /// Writes from left to right; what has no room is left out.
    public mutating func write(_ text: String, _ column: Int, _ row: Int, _ style: Style = .plain) {
        for (offset, character) in text.enumerated() { put(character, column + offset, row, style) }
    }

    /// How a line looks.
    public enum Stroke: Sendable, Hashable {
        case solid
        case dashed
        case dotted
    }

    /// A straight line, both ends included.
    public mutating func line(
        from start: (column: Int, row: Int), to end: (column: Int, row: Int), _ stroke: Stroke, _ style: Style
    ) {
        let (dx, dy) = (end.column - start.column, end.row - start.row)
        let steps = max(abs(dx), abs(dy))
        guard steps > 0 else { return }
        // A character is about twice as high as it is wide.
        let character: Character =
            abs(dx) > 4 * abs(dy) ? "─" : abs(dx) * 2 < abs(dy) ? "│" : (dx > 0) == (dy > 0) ? "╲" : "╱"
        for step in 0...steps {
            let column = start.column + (dx * step * 2 + (dx < 0 ? -steps : steps)) / (2 * steps)
            let row = start.row + (dy * step * 2 + (dy < 0 ? -steps : steps)) / (2 * steps)
            switch stroke {
            case .solid: put(character, column, row, style)
            case .dashed: if step % 3 != 0 { put(character, column, row, style) }
            case .dotted: if step % 3 == 1 { put("·", column, row, style) }
            }
        }
    }

    /// The rows, without spaces at their ends.
    ///
    /// - Parameter isStyled: whether to write colours.
    public func lines(isStyled: Bool) -> [String] {
        (0..<rows).map { row in
            var rest = cells[row * columns..<(row + 1) * columns]
            while let last = rest.last, last.character == " " { rest.removeLast() }
            var text = ""
            var style = Style.plain
            for cell in rest {
                if isStyled, cell.style != style {
                    text += cell.style == .plain ? "\u{1b}[0m" : "\u{1b}[0;\(cell.style.rawValue)m"
                    style = cell.style
                }
                text.append(cell.character)
            }
            return style == .plain ? text : text + "\u{1b}[0m"
        }
    }
}
