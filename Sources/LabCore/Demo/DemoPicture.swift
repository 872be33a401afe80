/// A whole screen for an audience: title, mesh, claims, what happens, and what the presenter types. Pure.
public enum DemoPicture {
    /// What the presenter may do, in a line.
    public static let keys = "Enter: go on   kill|restart|start|partition|heal|send …   help   quit"

    /// - Parameters:
    ///   - columns: of the terminal; 40 at least are drawn for.
    ///   - rows: of the terminal; 12 at least are drawn for.
    ///   - typed: what the presenter has typed so far.
    ///   - countdown: seconds until it goes on by itself; nil: when told to.
    /// - Returns: a line for each row.
    public static func lines(
        _ state: DemoState, columns: Int, rows: Int, isStyled: Bool, typed: String = "", countdown: Int? = nil
    ) -> [String] {
        let (columns, rows) = (max(40, columns), max(12, rows))
        var canvas = DemoCanvas(columns: columns, rows: rows)
        header(state, &canvas)
        let foot = min(state.notes.count, max(0, rows - 16)) + 3
        let (top, height) = (3, rows - 3 - foot)
        let left = columns >= 76 ? columns * 45 / 100 : columns
        if let mesh = state.mesh {
            MeshDrawing.draw(mesh, on: &canvas, column: 1, row: top, columns: left - 2, rows: height - 1)
        }
        if left < columns { claims(state, &canvas, column: left + 1, row: top, columns: columns - left - 2, rows: height - 1) }
        footer(state, &canvas, row: rows - foot, typed, countdown)
        return canvas.lines(isStyled: isStyled)
    }

    private static func header(_ state: DemoState, _ canvas: inout DemoCanvas) {
        let score = state.score
        let clock = "\(score.passed)/\(score.all) shown  \(StoryText.fixed(state.at, 1)) s"
        canvas.write(clip(state.title, canvas.columns - clock.count - 4), 1, 0, .bold)
        canvas.write(clock, canvas.columns - clock.count - 1, 0, score.shown > score.passed ? .red : .dim)
        let chapter = state.chapters[state.current]
        let number = state.chapters.count > 1 && state.current > 0 ? "\(state.current)/\(state.chapters.count - 1)  " : ""
        if state.current > 0 { canvas.write(clip(number + chapter.title, canvas.columns - 2), 1, 1, .cyan) }
    }

    private static func claims(
        _ state: DemoState, _ canvas: inout DemoCanvas, column: Int, row: Int, columns: Int, rows: Int
    ) {
        var lines: [(text: String, time: String, style: DemoCanvas.Style)] = []
        var focus = 0
        for (index, chapter) in state.chapters.enumerated() where !chapter.claims.isEmpty {
            for claim in chapter.claims {
                let (box, style) = mark(claim.outcome, isCurrent: index == state.current)
                if claim.outcome != nil || index <= state.current { focus = lines.count }
                lines.append(("\(box) \(claim.title)", claim.outcome == nil ? "" : time(claim), style))
            }
        }
        // The part of the list that is being shown, with a few of those to come.
        let first = max(0, min(focus + 3 - rows, lines.count - rows))
        for (offset, line) in lines.dropFirst(first).prefix(rows).enumerated() {
            canvas.write(clip(line.text, columns - line.time.count - 1), column, row + offset, line.style)
            canvas.write(line.time, column + columns - line.time.count, row + offset, .dim)
        }
    }

    static func mark(_ outcome: String?, isCurrent: Bool) -> (String, DemoCanvas.Style) {
        switch outcome {
        case "pass": ("✓", .green)
        case nil: ("·", isCurrent ? .plain : .dim)
        case "inconclusive", "skipped": ("?", .yellow)
        default: ("✗", .red)
        }
    }

    static func time(_ claim: DemoState.Claim) -> String {
        let bound = claim.bound.map { " of \(StoryText.fixed($0, $0 < 10 ? 1 : 0))" } ?? ""
        return "\(StoryText.fixed(claim.seconds, 2))\(bound) s"
    }

    private static func footer(
        _ state: DemoState, _ canvas: inout DemoCanvas, row: Int, _ typed: String, _ countdown: Int?
    ) {
        let width = canvas.columns - 2
        let faults = state.mesh.map { ($0.hasCoordinator ? [] : ["the coordinator does not run"]) + $0.faults } ?? []
        if !faults.isEmpty { canvas.write(clip("! \(faults.joined(separator: "; "))", width), 1, row - 1, .red) }
        canvas.write(clip(state.now, width), 1, row, .bold)
        for (offset, note) in state.notes.suffix(max(0, canvas.rows - row - 3)).enumerated() {
            canvas.write(clip(note, width), 1, row + 1 + offset, .yellow)
        }
        let last = canvas.rows - 1
        guard state.isPaused else { return canvas.write("playing …", 1, last, .dim) }
        if let countdown, typed.isEmpty {
            canvas.write(clip("goes on in \(countdown) s   \(keys)", width), 1, last, .cyan)
        } else {
            canvas.write(typed.isEmpty ? clip(keys, width) : "> \(typed.suffix(max(1, width - 4)))▏", 1, last, .cyan)
        }
    }

    private static func clip(_ text: String, _ width: Int) -> String {
        text.count <= width ? text : text.prefix(max(0, width - 1)) + "…"
    }
}
