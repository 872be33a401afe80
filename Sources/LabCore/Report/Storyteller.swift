import Basics
import LabReport
import Glibc
import Timing

/// Tells the story of a run as it goes: for a person at a terminal, or one plain line after another in a pipe.
public struct Storyteller: Sendable {
    private let isTerminal: Bool
    private let start: MonotonicTime

    /// - Parameter start: what the times in the left column count from.
    public init(start: MonotonicTime) {
        self.start = start
        isTerminal = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil
    }

    private enum Style: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    private func styled(_ text: String, _ style: Style) -> String {
        isTerminal ? "\u{1b}[\(style.rawValue)m\(text)\u{1b}[0m" : text
    }

    private func line(_ text: String) {
        var text = text + "\n"
        // One write a line, at once: whoever watches a pipe sees the story as it goes.
        text.withUTF8 { bytes in _ = Glibc.write(STDOUT_FILENO, bytes.baseAddress, bytes.count) }
    }

    private var clock: String {
        let seconds = (MonotonicTime.now - start).inSeconds
        return styled(pad(fixed(seconds, 2) + "s", 8, right: true), .dim)
    }

    public func header(_ scenario: String, _ title: String, facts: [String]) {
        line("\(styled(scenario, .bold))\(title.isEmpty ? "" : ": \(title)")")
        line(styled("  " + facts.joined(separator: ", "), .dim))
    }

    public func step(_ what: String) { line("\(clock)  ----  \(styled(what, .bold))") }

    public func check(_ result: Report.CheckResult) {
        let (word, style): (String, Style) =
            switch result.outcome {
            case .pass: ("PASS", .green)
            case .fail: ("FAIL", .red)
            case .inconclusive: ("????", .yellow)
            case .skipped: ("SKIP", .yellow)
            case .error: ("ERR ", .red)
            }
        let bound = result.bound.map { " of \(fixed($0, $0 < 10 ? 1 : 0))s" } ?? ""
        let time = pad(fixed(result.seconds, 2) + "s" + bound, 15, right: false)
        line("\(clock)  \(styled(word, style))  \(pad(result.id, 26, right: false)) \(time) \(short(result.detail))")
    }

    public func remark(_ text: String) { line("\(clock)  \(styled("note", .yellow))  \(text)") }

    public func footer(_ report: Report, folder: String) {
        let failed = report.checks.filter { $0.outcome != .pass }
        let passed = report.checks.count - failed.count
        let style: Style = report.outcome == .pass ? .green : report.outcome == .inconclusive ? .yellow : .red
        line(
            "\(styled(report.outcome.rawValue.uppercased(), style)): \(passed) of \(report.checks.count) checks passed "
                + "in \(fixed(report.seconds, 1)) s; report and logs in \(folder)")
        if let error = report.error { line("  \(error)") }
        for check in failed {
            line("  \(check.id): \(check.outcome.rawValue)\(check.title.isEmpty ? "" : ": \(check.title)")")
        }
    }

    /// What fits beside the other columns; the report holds the whole.
    private func short(_ detail: String) -> String { detail.count > 160 ? "\(detail.prefix(160))…" : detail }

    private func fixed(_ number: Double, _ digits: Int) -> String {
        let scale = digits == 0 ? 1.0 : digits == 1 ? 10.0 : 100.0
        let scaled = Int((number * scale).rounded())
        guard digits > 0 else { return "\(scaled)" }
        let fraction = "\(abs(scaled) % Int(scale))"
        return "\(scaled / Int(scale)).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
    }

    private func pad(_ text: String, _ width: Int, right: Bool) -> String {
        let space = String(repeating: " ", count: max(0, width - text.count))
        return right ? space + text : text + space
    }
}
