import ControlProtocol
import MeshModel

/// How the conversation is divided into columns.
struct EntryLayout: Hashable, Sendable {
    /// Columns of the conversation, at least 1.
    let width: Int
    /// Columns for who it is, 0: it stands in the text.
    let nameWidth: Int

    /// - Parameter longestName: in characters.
    init(width: Int, longestName: Int) {
        self.width = max(1, width)
        nameWidth = width < 34 ? 0 : min(max(longestName, 3) + 2, width / 4)
    }

    private var timeWidth: Int { nameWidth == 0 ? 0 : 8 }
    private var textColumn: Int { nameWidth == 0 ? 0 : timeWidth + nameWidth + 2 }

    /// The lines of an entry; at least one, none wider than `width`.
    func lines(of entry: ChatEntry) -> [StyledLine] {
        let name: [Glyph]
        let nameStyle: Style
        var textStyle = Style.plain
        switch entry.kind {
        case .received(let sender):
            (name, nameStyle) = (Glyph.all(of: sender.text), Self.style(of: sender))
        case .sent(let receiver):
            (name, nameStyle) = (Glyph.all(of: "→ " + receiver.text), Style(bold: true))
        case .presence(_, let presence):
            return free(presence.sign + " " + entry.text, presence.style, entry.stamp)
        case .remark:
            return free(entry.text, .dim, entry.stamp)
        }
        if case .failed = entry.mark { textStyle = .dim }
        let text = nameWidth > 0 ? entry.text : name.map(\.text).joined() + ": " + entry.text
        var lines = block(WordWrap.lines(text, width: width - textColumn), textStyle) { line in
            guard nameWidth > 0 else { return }
            line.append(time(entry.stamp), .dim)
            line.append(StyledLine.fit(name, in: nameWidth), nameStyle)
        }
        if let mark = entry.mark { append(mark, to: &lines) }
        return lines
    }

    /// A line between two days.
    func separator(_ stamp: Stamp) -> StyledLine {
        var line = StyledLine()
        let words = Glyph.all(of: " \(stamp.day) ")
        let rule = max(0, width - Glyph.width(of: words)) / 2
        line.append(String(repeating: "─", count: min(rule, 12)), .dim)
        line.append(words, .dim)
        line.append(String(repeating: "─", count: min(rule, 12)), .dim)
        return line
    }

    private func time(_ stamp: Stamp) -> [Glyph] { StyledLine.fit(Glyph.all(of: " " + stamp.time), in: timeWidth) }

    /// Text without a name.
    private func free(_ text: String, _ style: Style, _ stamp: Stamp) -> [StyledLine] {
        var lines: [StyledLine] = []
        for (index, glyphs) in WordWrap.lines(text, width: width - timeWidth).enumerated() {
            var line = StyledLine()
            if index == 0, timeWidth > 0 { line.append(time(stamp), .dim) }
            line.pad(to: timeWidth)
            line.append(glyphs, style)
            lines.append(line)
        }
        return lines
    }

    private func block(_ text: [[Glyph]], _ style: Style, _ head: (inout StyledLine) -> Void) -> [StyledLine] {
        text.enumerated().map { index, glyphs in
            var line = StyledLine()
            if index == 0 { head(&line) }
            line.pad(to: textColumn)
            line.append(glyphs, style)
            return line
        }
    }

    /// Behind the text if there is room, else below it.
    private func append(_ mark: Mark, to lines: inout [StyledLine]) {
        let glyphs = Glyph.all(of: mark.words)
        if let last = lines.indices.last, lines[last].width + 2 + Glyph.width(of: glyphs) <= width {
            lines[last].append("  ")
            lines[last].append(glyphs, mark.style)
        } else {
            lines += block(WordWrap.lines(glyphs, width: width - textColumn), mark.style) { _ in }
        }
    }

    /// Everybody has a colour, the same on all machines.
    static func style(of name: MachineName) -> Style {
        let colors: [Style.Color] = [.cyan, .green, .magenta, .yellow]
        return Style(colors[name.text.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xffff } % colors.count], bold: true)
    }
}

extension Mark {
    var words: String {
        switch self {
        case .onItsWay: "…"
        case .delivered: "✓"
        case .queued(let why): "⧗ queued" + (why.isEmpty ? "" : ": \(why)")
        case .failed(let why): "✗ \(why)"
        case .summary(_, of: 0, _): "✗ no other machine is in the mesh"
        case .summary(let count, let all, let others):
            "\(count == 0 ? "✗" : "✓") \(count) of \(all)" + (others.isEmpty ? "" : ", ✗ " + others.joined(separator: ", "))
        }
    }

    var style: Style {
        switch self {
        case .onItsWay: .dim
        case .delivered: Style(.green)
        case .queued: Style(.yellow)
        case .failed: Style(.red)
        case .summary(let count, let all, _): count == 0 ? Style(.red) : Style(count == all ? .green : .yellow)
        }
    }
}

extension MeshMembers.Presence {
    var sign: String {
        switch self {
        case .reachable: "●"
        case .unsure: "~"
        case .away: "○"
        }
    }

    var style: Style {
        switch self {
        case .reachable: Style(.green)
        case .unsure: Style(.yellow)
        case .away: Style(.red)
        }
    }
}
