import ControlProtocol
import MeshModel
import Testing

@testable import ChatLogic

/// Anything may happen in any order, on a terminal of any size.
struct ChatPropertyTests {
    /// 50 histories of 80 random events. After each: every row is exactly as wide as the terminal, the cursor is inside, no
    /// control gets out, and the differences that were written add up to the screen that was meant.
    @Test func theScreenIsAlwaysWhole() throws {
        var sent = 0
        var shownWide = 0
        for seed in 0..<50 {
            var random = SeededGenerator(seed: UInt64(seed))
            var model = try ChatModel(&random)
            var size = (columns: 80, rows: 24)
            var shown: Screen?
            var terminal = TerminalModel(columns: 80, rows: 24)
            for step in 0..<80 {
                let event = model.event(&random)
                if case .resize(let columns, let rows) = event { size = (columns, rows) }
                for action in model.handle(event) { if case .quit = action {} else { sent += 1 } }
                let screen = model.state.screen()
                if (screen.columns, screen.rows) != size { Issue.record("\(size), not \(screen.columns) \(screen.rows)") }
                if shown?.columns != screen.columns || shown?.rows != screen.rows {
                    terminal = TerminalModel(columns: screen.columns, rows: screen.rows)
                }
                let sequence = ScreenUpdate(colors: Bool.random(using: &random)).sequence(from: shown, to: screen)
                terminal.write(sequence)
                shown = screen
                let complaints = Self.complaints(about: screen) + terminal.complaints
                #expect(complaints.isEmpty, "seed \(seed), step \(step), \(event): \(complaints.prefix(3))")
                let isSame = terminal.cells == screen.cells.map { $0.map(\.text) }
                #expect(isSame, "seed \(seed), step \(step), \(event)")
                let isThere = (terminal.row, terminal.column) == (screen.cursor.row, screen.cursor.column)
                #expect(isThere, "seed \(seed), step \(step), \(event)")
                if screen.text.contains(where: { $0.contains("中") }) { shownWide += 1 }
                if !complaints.isEmpty || !isSame { return }
            }
            #expect(model.state.log.entries.count <= ChatLog.entryLimit)
            #expect(model.state.underway.count <= ChatState.underwayLimit)
        }
        // The histories are not all empty ones.
        #expect(sent > 150)
        #expect(shownWide > 500)
    }

    private static func complaints(about screen: Screen) -> [String] {
        var complaints: [String] = []
        for (number, row) in screen.cells.enumerated() {
            if row.count != screen.columns { complaints.append("row \(number) has \(row.count) cells") }
            var column = 0
            while column < row.count {
                if row[column].text == " " {
                    column += 1
                    continue
                }
                let glyphs = Glyph.all(of: row[column].text)
                if glyphs.count != 1 { complaints.append("\(number) \(column): \"\(row[column].text)\"") }
                let width = glyphs.first?.width ?? 1
                if width == 2, column + 1 >= row.count || !row[column + 1].text.isEmpty {
                    complaints.append("\(number) \(column): half of \(row[column].text)")
                }
                if row[column].text.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7f..<0xa0).contains($0.value) }) {
                    complaints.append("\(number) \(column): a control")
                }
                column += width
            }
        }
        if !(0..<screen.rows).contains(screen.cursor.row) || !(0..<screen.columns).contains(screen.cursor.column) {
            complaints.append("the cursor is at \(screen.cursor)")
        }
        return complaints
    }

    @Test func theMemoryIsBounded() throws {
        var state = ChatState()
        let stamp = Stamp(day: "a day", time: "10:00")
        let name = try #require(MachineName("birch"))
        for number in 0..<600 {
            let message = InboxMessage(
                id: "", sequence: Int64(number), from: name, text: String(repeating: "x", count: 10_000), receivedAt: "")
            _ = state.handle(.received([Stamped(message, at: stamp)]), at: stamp)
        }
        #expect(state.log.entries.reduce(0) { $0 + $1.text.utf8.count } <= ChatLog.byteLimit)
        #expect(state.log.entries.count > 100)
        #expect(state.screen().text.contains { $0.contains("xxxx") })
    }
}
