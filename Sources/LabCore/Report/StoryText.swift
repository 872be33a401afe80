import LabReport

/// The story in words, for a person.
public struct StoryText: Sendable {
    private let isStyled: Bool

    /// - Parameter isStyled: whether to use colours.
    public init(isStyled: Bool) { self.isStyled = isStyled }

    private enum Style: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    /// The lines of an event, each with its end; empty for one that has none.
    public func lines(of event: StoryEvent) -> String {
        switch event.event {
        case .start: header(event)
        case .step: "\(clock(event.at))  ----  \(styled(event.text ?? "", .bold))\n"
        case .check: event.check.map { check($0, at: event.at) } ?? ""
        case .note: "\(clock(event.at))  \(styled("note", .yellow))  \(event.text ?? "")\n"
        case .pause: "\(clock(event.at))  ====  \(styled(event.text ?? "", .bold))\n"
        case .waiting, .mesh: ""
        case .end: event.end.map(footer) ?? ""
        }
    }

    /// A check that waits, as one line without its end.
    public func waiting(_ check: StoryEvent.CheckNews, at: Double) -> String {
        let bound = check.bound.map { " of \(Self.fixed($0, $0 < 10 ? 1 : 0))s" } ?? ""
        let time = Self.pad(Self.fixed(check.seconds, 1) + "s" + bound, 15)
        return "\(clock(at))  \(styled("....", .dim))  \(Self.pad(check.id, 26)) \(time) \(check.title)"
    }

    private func header(_ event: StoryEvent) -> String {
        let title = event.text.map { $0.isEmpty ? "" : ": \($0)" } ?? ""
        guard let start = event.start else { return "" }
        let facts = "seed \(start.seed), \(start.machines) machines, kernel \(start.kernel), output \(start.output)"
        return "\(styled(event.scenario, .bold))\(title)\n\(styled("  " + facts, .dim))\n"
    }

    private func check(_ check: StoryEvent.CheckNews, at: Double) -> String {
        let (word, style): (String, Style) =
            switch check.outcome.flatMap(Outcome.init) {
            case .pass: ("PASS", .green)
            case .fail: ("FAIL", .red)
            case .inconclusive: ("????", .yellow)
            case .skipped: ("SKIP", .yellow)
            case .error, nil: ("ERR ", .red)
            }
        let bound = check.bound.map { " of \(Self.fixed($0, $0 < 10 ? 1 : 0))s" } ?? ""
        let time = Self.pad(Self.fixed(check.seconds, 2) + "s" + bound, 15)
        let detail = check.detail ?? ""
        // What fits beside the other columns; the report holds the whole.
        let short = detail.count > 160 ? "\(detail.prefix(160))…" : detail
        return "\(clock(at))  \(styled(word, style))  \(Self.pad(check.id, 26)) \(time) \(short)\n"
    }

    private func footer(_ end: StoryEvent.End) -> String {
        let style: Style = end.outcome == "pass" ? .green : end.outcome == "inconclusive" ? .yellow : .red
        var text =
            "\(styled(end.outcome.uppercased(), style)): \(end.passed) of \(end.checks) checks passed "
            + "in \(Self.fixed(end.seconds, 1)) s; report and logs in \(end.output)\n"
        if let error = end.error { text += "  \(error)\n" }
        for check in end.failed {
            text += "  \(check.id): \(check.outcome ?? "")\(check.title.isEmpty ? "" : ": \(check.title)")\n"
        }
        return text
    }

    private func clock(_ seconds: Double) -> String { styled(Self.pad(Self.fixed(seconds, 2) + "s", 8, right: true), .dim) }

    private func styled(_ text: String, _ style: Style) -> String {
        isStyled ? "\u{1b}[\(style.rawValue)m\(text)\u{1b}[0m" : text
    }

    /// A number with so many decimal places, 0 to 2.
    public static func fixed(_ number: Double, _ digits: Int) -> String {
        let scale = digits == 0 ? 1.0 : digits == 1 ? 10.0 : 100.0
        let scaled = Int((number * scale).rounded())
        guard digits > 0 else { return "\(scaled)" }
        let fraction = "\(abs(scaled) % Int(scale))"
        return "\(scaled / Int(scale)).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
    }

    static func pad(_ text: String, _ width: Int, right: Bool = false) -> String {
        let space = String(repeating: " ", count: max(0, width - text.count))
        return right ? space + text : text + space
    }
}
