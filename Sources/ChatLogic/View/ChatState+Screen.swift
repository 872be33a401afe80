import ControlProtocol
import MeshModel

extension ChatState {
    /// What the terminal is to show.
    public mutating func screen() -> Screen {
        var screen = Screen(columns: columns, rows: rows)
        drawConversation(on: &screen)
        if panelWidth > 0 { drawPanel(on: &screen) }
        if hasHeader { drawHeader(on: &screen) }
        if hasStatus { drawStatus(on: &screen) }
        drawInput(on: &screen)
        return screen
    }

    private var hasHeader: Bool { rows >= 5 }
    private var hasStatus: Bool { rows >= 3 }
    /// Rows of the conversation.
    var bodyRows: Int { max(0, rows - 1 - (hasHeader ? 1 : 0) - (hasStatus ? 1 : 0)) }
    private var firstBodyRow: Int { hasHeader ? 1 : 0 }

    private var longestName: Int { names.map(\.text.utf8.count).max() ?? 0 }
    /// Columns of the members, with the line beside them; 0: no room for them.
    private var panelWidth: Int { columns < 60 || bodyRows < 2 ? 0 : min(max(longestName + 8, 16), columns / 3) }
    private var entryLayout: EntryLayout {
        EntryLayout(width: columns - panelWidth - (panelWidth > 0 ? 1 : 0), longestName: longestName)
    }

    // MARK: Conversation

    private mutating func drawConversation(on screen: inout Screen) {
        let layout = entryLayout
        let shown = log.entries.filter { $0.belongs(to: conversation) }
        // From the latest backwards, as far as the view reaches.
        var lines: [StyledLine] = []
        for index in shown.indices.reversed() {
            if lines.count >= bodyRows + scroll { break }
            lines += self.layout.lines(of: shown[index], in: layout).reversed()
            if index == 0 || shown[index - 1].stamp.day != shown[index].stamp.day {
                lines.append(layout.separator(shown[index].stamp))
            }
        }
        scroll = min(scroll, max(0, lines.count - bodyRows))
        if scroll == 0 { unseen = 0 }
        for (row, line) in lines.dropFirst(scroll).prefix(bodyRows).reversed().enumerated() {
            screen.put(line, row: firstBodyRow + row, column: 0, limit: layout.width)
        }
    }

    /// How many lines the latest entry of this conversation takes.
    mutating func latestHeight() -> Int {
        let shown = log.entries.suffix(2).filter { $0.belongs(to: conversation) }
        guard let latest = shown.last else { return 0 }
        let isNewDay = shown.first?.stamp.day != latest.stamp.day
        return layout.lines(of: latest, in: entryLayout).count + (isNewDay ? 1 : 0)
    }

    // MARK: Members

    private func drawPanel(on screen: inout Screen) {
        let left = columns - panelWidth
        for row in 0..<bodyRows { screen.put("│", row: firstBodyRow + row, column: left, style: .dim) }
        let members = mesh?.members ?? []
        drawConversationName("all", .plain, " ", .all, unread: 0, row: firstBodyRow, on: &screen)
        // What does not fit is counted; the one that is talked to is always there.
        let room = bodyRows - 1
        let fits = members.count <= room
        let count = fits ? members.count : max(0, room - 1)
        let selected = members.firstIndex { conversation == .machine($0.name) } ?? 0
        let first = min(max(0, selected - count + 1), members.count - count)
        for (row, member) in members[first..<(first + count)].enumerated() {
            drawConversationName(
                member.name.text, member.presence.style, member.presence.sign, .machine(member.name),
                unread: unread[member.name] ?? 0, row: firstBodyRow + 1 + row, on: &screen)
        }
        if !fits {
            screen.put("  … \(members.count - count) more", row: firstBodyRow + bodyRows - 1, column: left + 1, style: .dim)
        }
    }

    private func drawConversationName(
        _ name: String, _ style: Style, _ sign: String, _ receiver: Receiver, unread: Int, row: Int, on screen: inout Screen
    ) {
        let left = columns - panelWidth
        let isSelected = receiver == conversation
        screen.put(isSelected ? "›" : " ", row: row, column: left + 1, style: Style(bold: true))
        screen.put(sign, row: row, column: left + 3, style: style)
        let count = unread == 0 ? "" : unread > 99 ? "99+" : "\(unread)"
        let room = columns - left - 5 - (count.isEmpty ? 1 : count.utf8.count + 2)
        let nameStyle: Style = isSelected ? Style(bold: true) : style == MeshMembers.Presence.away.style ? .dim : .plain
        screen.put(StyledLine.fit(Glyph.all(of: name), in: max(0, room)), row: row, column: left + 5, style: nameStyle)
        screen.put(count, row: row, column: columns - 1 - count.utf8.count, style: Style(.yellow, bold: true))
    }

    // MARK: The lines around

    private func drawHeader(on screen: inout Screen) {
        let bar = Style(.white, background: trouble == nil ? .blue : .red, bold: true)
        screen.fill(row: 0, style: bar)
        let own = mesh?.own.map { "\($0.name)  \($0.address)" } ?? (mesh == nil ? "" : "in no mesh")
        let end = screen.put(" warren  \(own)", row: 0, column: 0, style: bar)
        let members = mesh?.members ?? []
        let reachable = members.count { $0.presence == .reachable }
        let right = trouble ?? (mesh == nil ? "" : "\(reachable) of \(members.count) reachable")
        let glyphs = Glyph.all(of: right + " ")
        let start = max(columns - Glyph.width(of: glyphs), trouble == nil ? end + 2 : 0)
        if start + Glyph.width(of: glyphs) <= columns || trouble != nil {
            if trouble != nil { screen.put([.space, .space], row: 0, column: max(0, start - 2), style: bar) }
            screen.put(glyphs, row: 0, column: start, style: bar)
        }
    }

    private func drawStatus(on screen: inout Screen) {
        let row = rows - 2
        screen.fill(row: row, with: Glyph(text: "─", width: 1), style: .dim)
        if let hint {
            let words = StyledLine.fit(Glyph.all(of: hint), in: max(0, columns - 5)).droppingTail
            screen.put([.space] + words + [.space], row: row, column: 1, style: Style(.yellow))
            return
        }
        if panelWidth > 0 { screen.put("┴", row: row, column: columns - panelWidth, style: .dim) }
        let left =
            scroll > 0
            ? " ↓ \(unseen > 0 ? "\(unseen) new" : "more") (PgDn, Esc) " : keeps ? " what cannot be delivered is kept " : ""
        screen.put(left, row: row, column: 2, style: Style(.yellow))
        let right = columns - (panelWidth > 0 ? panelWidth : 0) - 1
        for keys in [" Enter sends · Tab completes · PgUp scrolls · /help ", " /help "] where right - keys.count > left.count + 4
        {
            screen.put(keys, row: row, column: right - keys.count, style: .dim)
            return
        }
    }

    private func drawInput(on screen: inout Screen) {
        let row = rows - 1
        let prompt = Glyph.all(of: "\(conversation.text) › ")
        var column = 0
        if Glyph.width(of: prompt) <= columns / 2 {
            column = screen.put(prompt, row: row, column: 0, style: Style(.cyan, bold: true))
        }
        // The end of what stands before the cursor is always there, and a column for the cursor itself.
        let room = columns - column - 1
        var before = Glyph.all(of: String(editor.before.suffix(columns)))[...]
        var width = Glyph.width(of: before)
        while width > room, let first = before.popFirst() { width -= first.width }
        column = screen.put(before, row: row, column: column)
        screen.setCursor(row: row, column: column)
        screen.put(Glyph.all(of: String(editor.after.prefix(columns))), row: row, column: column)
    }
}

extension [Glyph] {
    /// Without the spaces at the end.
    fileprivate var droppingTail: [Glyph] {
        var glyphs = self
        while glyphs.last == .space { glyphs.removeLast() }
        return glyphs
    }
}
