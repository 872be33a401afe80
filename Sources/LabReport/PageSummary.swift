/// The head of the page: how it came out, and how to see it again.
struct PageSummary {
    let report: Report
    let files: [String]

    var html: String {
        """
        <p class="verdict \(report.outcome.rawValue)">\(PageMark.html(report.outcome))</p>
        <div class="headline">
        <h1>\(Markup.html(report.scenario))</h1>
        <p class="title">\(Markup.html(report.title))</p>
        <p class="tally">\(tally)</p>
        \(report.error.map { "<p class=\"broken\"><strong>The run broke off:</strong> \(Markup.html($0))</p>" } ?? "")
        </div>
        <dl class="facts">\(facts.map { "<div><dt>\($0.0)</dt><dd>\(Markup.html($0.1))</dd></div>" }.joined())</dl>
        <p class="again">Again: <code>\(Markup.html(command))</code></p>
        \(beside)
        """
    }

    /// What a reader wants first: how many checks passed, and which did not.
    private var tally: String {
        let passed = report.checks.count { $0.outcome == .pass }
        let others = report.checks.filter { $0.outcome != .pass }
        let list = others.prefix(12).map { check in
            "<li><a href=\"#check-\(Markup.html(check.id))\">\(PageMark.html(check.outcome)): \(Markup.html(check.id))</a></li>"
        }
        let more = others.count > 12 ? "<li>and \(others.count - 12) more</li>" : ""
        return "<strong>\(passed)</strong> of \(report.checks.count) checks passed"
            + (list.isEmpty ? "" : "</p><ul class=\"unmet\">\(list.joined())\(more)</ul><p>")
    }

    private var facts: [(String, String)] {
        var facts = [
            ("Duration", "\(PageMark.seconds(report.seconds))"), ("Seed", "\(report.seed)"), ("Began", began),
            ("Machines", "\(report.machines.isEmpty ? "not listed" : "\(report.machines.count)")"),
            ("Kernel", report.environment.kernel), ("WireGuard", report.environment.backend),
            ("Ran as", report.environment.rootless ? "ordinary user" : "root"),
        ]
        if report.repetition > 1 { facts.insert(("Repetition", "\(report.repetition)"), at: 2) }
        return facts + report.parameters.sorted { $0.key < $1.key }.map { (Markup.html($0.key), $0.value) }
    }

    private var beside: String {
        guard !files.isEmpty else { return "" }
        let links = files.map { "<a href=\"./\(Markup.html($0))\">\(Markup.html($0))</a>" }
        return "<p class=\"again\">Beside this page: \(links.joined(separator: ", "))</p>"
    }

    /// To the second: the microseconds are for programs.
    private var began: String {
        guard WallTime(report.startedAt) != nil, report.startedAt.hasSuffix("Z") else { return report.startedAt }
        return "\(report.startedAt.prefix(10)) \(report.startedAt.dropFirst(11).prefix(8)) UTC"
    }

    private var command: String {
        let sets = report.parameters.sorted { $0.key < $1.key }.map { " --set \(Self.shell("\($0.key)=\($0.value)"))" }
        return "lab run \(Self.shell(report.file ?? report.scenario)) --seed \(report.seed)\(sets.joined())"
    }

    /// A word for a POSIX shell.
    private static func shell(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "./_=-:,".utf8.contains(byte)
            }
        return isPlain
            ? text : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}

/// Marks and numbers, the same all over the page.
enum PageMark {
    /// A sign and a word: colour is never the only difference.
    static func html(_ outcome: Outcome) -> String {
        "<span class=\"mark \(outcome.rawValue)\"><span aria-hidden=\"true\">\(sign(outcome))</span> \(outcome.rawValue)</span>"
    }

    private static func sign(_ outcome: Outcome) -> String {
        switch outcome {
        case .pass: "✓"
        case .fail: "✗"
        case .inconclusive: "?"
        case .skipped: "–"
        case .error: "!"
        }
    }

    /// `0.56 s`, `12.3 s`, `85 ms` as it reads best.
    static func seconds(_ seconds: Double) -> String {
        if abs(seconds) < 0.0995 { return "\(Int((seconds * 1_000).rounded())) ms" }
        let digits = abs(seconds) < 9.995 ? 2 : 1
        return "\(decimal(seconds, digits)) s"
    }

    /// A number with exactly so many decimal places, one or two.
    static func decimal(_ number: Double, _ digits: Int) -> String {
        guard number.isFinite, abs(number) < 1e12 else { return "?" }
        let scale = digits == 2 ? 100 : 10
        let scaled = Int((number * Double(scale)).rounded())
        let fraction = "\(abs(scaled) % scale)"
        let zeros = String(repeating: "0", count: digits - fraction.count)
        return "\(scaled < 0 ? "-" : "")\(abs(scaled) / scale).\(zeros)\(fraction)"
    }
}
