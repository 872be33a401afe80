@testable import ChatLogic

/// A terminal as ECMA-48 has it, as far as `ScreenUpdate` uses it: shows what a screen becomes that is written piece by piece.
struct TerminalModel {
    private(set) var cells: [[String]]
    private(set) var row = 0
    private(set) var column = 0
    /// What it did not understand, and what went over an edge.
    private(set) var complaints: [String] = []
    private let columns: Int

    init(columns: Int, rows: Int) {
        self.columns = columns
        cells = Array(repeating: Array(repeating: " ", count: columns), count: rows)
    }

    mutating func write(_ text: String) {
        var rest = Array(text.unicodeScalars)[...]
        var pending = ""
        while let scalar = rest.popFirst() {
            guard scalar == "\u{1b}" else {
                pending.unicodeScalars.append(scalar)
                continue
            }
            print(&pending)
            guard rest.popFirst() == "[" else {
                complaints.append("an escape without a bracket")
                continue
            }
            var parameters = ""
            while let next = rest.popFirst() {
                if (0x40...0x7e).contains(next.value) {
                    obey(next, parameters)
                    break
                }
                parameters.unicodeScalars.append(next)
            }
        }
        print(&pending)
    }

    private mutating func obey(_ final: Unicode.Scalar, _ parameters: String) {
        switch final {
        case "H":
            let numbers = parameters.split(separator: ";").compactMap { Int($0) }
            (row, column) = ((numbers.first ?? 1) - 1, (numbers.last ?? 1) - 1)
            if !cells.indices.contains(row) || !(0..<columns).contains(column) { complaints.append("moved to \(parameters)") }
        case "J": cells = cells.map { $0.map { _ in " " } }
        case "m", "h", "l": break
        default: complaints.append("\(parameters)\(final)")
        }
    }

    private mutating func print(_ pending: inout String) {
        for glyph in Glyph.all(of: pending) {
            guard column + glyph.width <= columns, cells.indices.contains(row) else {
                complaints.append("\"\(glyph.text)\" over the edge, at \(row) \(column)")
                continue
            }
            cells[row][column] = glyph.text
            if glyph.width == 2 { cells[row][column + 1] = "" }
            column += glyph.width
        }
        pending = ""
    }
}
