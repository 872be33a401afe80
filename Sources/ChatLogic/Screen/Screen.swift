/// What a terminal is to show: every cell, and the cursor.
public struct Screen: Hashable, Sendable {
    /// One column of one row.
    public struct Cell: Hashable, Sendable {
        /// Empty in the right half of a glyph that is two columns wide.
        public fileprivate(set) var text: String
        public fileprivate(set) var style: Style

        static let blank = Cell(text: " ", style: .plain)
    }

    /// 1…1,000.
    public let columns: Int
    /// 1…500.
    public let rows: Int
    /// Row, then column.
    public private(set) var cells: [[Cell]]
    /// Where the cursor stands, from 0; always inside.
    public private(set) var cursor = Place(row: 0, column: 0)

    /// A place on the screen, from 0.
    public struct Place: Hashable, Sendable {
        public var row: Int
        public var column: Int
    }

    /// An empty screen. Sizes out of range are brought into it.
    public init(columns: Int, rows: Int) {
        self.columns = min(max(columns, 1), 1_000)
        self.rows = min(max(rows, 1), 500)
        cells = Array(repeating: Array(repeating: .blank, count: self.columns), count: self.rows)
    }

    /// Puts the cursor somewhere; a place outside is brought inside.
    mutating func setCursor(row: Int, column: Int) {
        cursor = Place(row: min(max(row, 0), rows - 1), column: min(max(column, 0), columns - 1))
    }

    /// Writes glyphs, and leaves out those for which there is no room before `limit`.
    ///
    /// - Returns: the column behind the last one written.
    @discardableResult
    mutating func put(_ glyphs: some Sequence<Glyph>, row: Int, column: Int, limit: Int? = nil, style: Style = .plain) -> Int {
        let limit = min(limit ?? columns, columns)
        guard cells.indices.contains(row), column >= 0 else { return column }
        var place = column
        for glyph in glyphs {
            guard place + glyph.width <= limit else { break }
            clear(row, place)
            cells[row][place] = Cell(text: glyph.text, style: style)
            if glyph.width == 2 {
                clear(row, place + 1)
                cells[row][place + 1] = Cell(text: "", style: style)
            }
            place += glyph.width
        }
        return place
    }

    /// Writes text; see `put` for glyphs.
    @discardableResult
    mutating func put(_ text: String, row: Int, column: Int, limit: Int? = nil, style: Style = .plain) -> Int {
        put(Glyph.all(of: text), row: row, column: column, limit: limit, style: style)
    }

    /// A whole row in one style.
    mutating func fill(row: Int, with glyph: Glyph = .space, style: Style) {
        put(Array(repeating: glyph, count: columns), row: row, column: 0, style: style)
    }

    /// Empties a cell that is written over, and the other half of what stood there.
    private mutating func clear(_ row: Int, _ column: Int) {
        if cells[row][column].text.isEmpty, column > 0 { cells[row][column - 1].text = " " }
        if column + 1 < columns, cells[row][column + 1].text.isEmpty { cells[row][column + 1].text = " " }
        cells[row][column].text = " "
    }

    /// The text of each row, without trailing spaces.
    public var text: [String] {
        cells.map { row in
            let line = row.map(\.text).joined()
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}
