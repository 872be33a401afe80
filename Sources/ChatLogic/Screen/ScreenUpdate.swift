/// Makes one screen out of another: writes only what differs.
public struct ScreenUpdate: Sendable {
    /// Whether colours may be used.
    public let colors: Bool

    public init(colors: Bool) { self.colors = colors }

    /// What to write to the terminal.
    ///
    /// - Parameters:
    ///   - old: what it shows; nil if that is not known: everything is written.
    ///   - new: what it is to show.
    public func sequence(from old: Screen?, to new: Screen) -> String {
        let known = old.flatMap { $0.columns == new.columns && $0.rows == new.rows ? $0 : nil }
        if known == new { return "" }
        var pen = Pen(colors: colors)
        if known == nil { pen.clearAll() }
        for row in 0..<new.rows {
            let before = known?.cells[row] ?? Array(repeating: .blank, count: new.columns)
            let after = new.cells[row]
            if before == after { continue }
            for column in 0..<new.columns where !after[column].text.isEmpty {
                let isWide = column + 1 < new.columns && after[column + 1].text.isEmpty
                let differs = before[column] != after[column] || (isWide && before[column + 1] != after[column + 1])
                if differs { pen.write(after[column], isWide: isWide, row: row, column: column) }
            }
        }
        return pen.finish(at: new.cursor)
    }

    private struct Pen {
        let colors: Bool
        /// Hidden while it moves about.
        private var output = "\u{1b}[?25l"
        private var style: Style?
        /// Where the terminal's cursor is; nil if that cannot be relied on.
        private var place: Screen.Place?

        init(colors: Bool) { self.colors = colors }

        mutating func clearAll() { output += "\u{1b}[0m\u{1b}[2J" }

        mutating func write(_ cell: Screen.Cell, isWide: Bool, row: Int, column: Int) {
            let target = Screen.Place(row: row, column: column)
            if place != target { move(to: target) }
            if style != cell.style {
                output += cell.style.sequence(colors: colors)
                style = cell.style
            }
            let scalars = cell.text.unicodeScalars
            if isWide, scalars.count > 1 {
                // Terminals differ on how wide a sequence is: both columns are emptied first.
                output += "  "
                move(to: target)
            }
            output += cell.text
            // After what a terminal may find wider or narrower than it is, the cursor is put where it belongs.
            let isSure = scalars.allSatisfy { $0.value < 0x300 || (0x2500...0x257f).contains($0.value) }
            place = isSure ? Screen.Place(row: row, column: column + 1) : nil
        }

        mutating func finish(at cursor: Screen.Place) -> String {
            output += Style.plain.sequence(colors: colors)
            move(to: cursor)
            output += "\u{1b}[?25h"
            return output
        }

        private mutating func move(to target: Screen.Place) {
            output += "\u{1b}[\(target.row + 1);\(target.column + 1)H"
        }
    }
}
