import MilestoneModel

/// `milestones.html`: all weeks with their claims on one page, without scripts and without a network.
public struct MilestonesPage {
    private let results: MilestoneResults

    public init(_ results: MilestoneResults) { self.results = results }

    /// The document's bytes.
    public var document: [UInt8] {
        let parts: [String: [UInt8]] = [
            "title": Array("\(results.held) of \(results.selected) milestones".utf8),
            "style": PageAssets.milestonesStyle,
            "summary": Array(summary.utf8),
            "weeks": Array(chosen.map(week).joined(separator: "\n").utf8),
            "contents": Array(chosen.map(entry).joined().utf8),
        ]
        return HTMLReport.fill(PageAssets.milestonesTemplate, parts)
    }

    private var chosen: [WeekResult] { results.weeks.filter { $0.outcome != .notSelected } }

    private var summary: String {
        let claims = chosen.flatMap(\.claims)
        let facts = [
            ("Claims held", "\(claims.count { $0.outcome == .held }) of \(claims.count)"),
            ("Duration", PageMark.seconds(results.seconds)), ("Began", Self.minute(results.startedAt)),
            ("Kernel", results.kernel),
            ("Version", results.version),
        ]
        let complaints = results.complaints.map { "<p class=\"note\">\(Markup.html($0))</p>" }.joined()
        return """
            <p class="verdict \(style(results.outcome))">\(mark(results.outcome))</p>
            <div class="headline"><h1>\(results.held) of \(results.selected) milestones hold</h1>
            <p class="title">Each week is a running artifact and a document; each claim of a document is answered by checks that ran just now.</p></div>
            <ol class="tiles">\(chosen.map(tile).joined())</ol>
            <dl class="facts">\(facts.map { "<div><dt>\($0.0)</dt><dd>\(Markup.html($0.1))</dd></div>" }.joined())</dl>
            \(complaints)
            """
    }

    private static func minute(_ time: String) -> String {
        time.count >= 19 ? "\(time.prefix(10)) \(time.dropFirst(11).prefix(8)) UTC" : time
    }

    private func tile(_ week: WeekResult) -> String {
        """
        <li><a class="tile \(style(week.outcome))" href="#week-\(week.week)"><b>\(week.week)</b><span>\(Markup.html(week.title))</span>\(mark(week.outcome))</a></li>
        """
    }

    private func entry(_ week: WeekResult) -> String {
        "<li><a href=\"#week-\(week.week)\" title=\"\(Markup.html(week.title))\">\(week.week)</a></li>"
    }

    private func week(_ week: WeekResult) -> String {
        let documents = week.documents.map { document in
            "<li>\(mark(document.isThere ? .held : .failed)) <code>\(Markup.html(document.path))</code></li>"
        }
        let runs = week.runs.map { run in
            let remarks = run.remarks.map { "<p class=\"seen\">\(Markup.html($0))</p>" }.joined()
            return """
                <li>\(mark(run.outcome)) <a href="./\(Markup.html(run.place))/report.html">\(Markup.html(run.scenario))</a> \(PageMark.seconds(run.seconds))\(remarks)</li>
                """
        }
        return """
            <section id="week-\(week.week)" aria-labelledby="week-\(week.week)-title">
            <div class="section-head"><h2 id="week-\(week.week)-title">Week \(week.week): \(Markup.html(week.title))</h2>\(mark(week.outcome))</div>
            <p class="artifact">\(Markup.html(week.artifact.replacing("`", with: "")))</p>
            <div class="pair"><div><h3>Documents</h3><ul>\(documents.joined())</ul></div><div><h3>Runs</h3><ul>\(runs.joined())</ul></div></div>
            <div class="checks">\(week.claims.map(claim).joined())</div>
            </section>
            """
    }

    private func claim(_ claim: ClaimResult) -> String {
        let id = Markup.html(claim.id)
        let leading = claim.leading
        let evidence = claim.evidence.map { evidence in
            """
            <li>\(mark(evidence.outcome)) <a href="./\(Markup.html(evidence.place))">\(Markup.html("\(evidence.scenario)/\(evidence.check)"))</a> \
            \(Self.time(evidence)) <span class="seen">\(Markup.html(evidence.detail))</span></li>
            """
        }
        return """
            <div class="check \(style(claim.outcome))" id="claim-\(id)">
            \(mark(claim.outcome))
            <div class="what"><h3><code>\(id)</code></h3>\(claim.kind == .limitation ? " <span class=\"kind\">limitation</span>" : "")</div>
            <div class="time">\(leading.map(Self.time) ?? "not shown")</div>
            <p class="statement">\(Markup.html(claim.statement.replacing("`", with: "")))</p>
            <details><summary>\(claim.evidence.count) \(claim.evidence.count == 1 ? "check" : "checks")</summary><ul>\(evidence.joined())</ul></details>
            </div>
            """
    }

    private static func time(_ evidence: ClaimEvidence) -> String {
        let took = "<b>\(PageMark.seconds(evidence.seconds))</b>"
        guard let bound = evidence.bound else { return took }
        return "\(took) \(evidence.isLasting ? "for" : "of") \(PageMark.seconds(bound))"
    }

    /// The page's styles are those of `report.html`.
    private func style(_ outcome: MilestoneOutcome) -> String { Self.twin(outcome).rawValue }

    private func mark(_ outcome: MilestoneOutcome) -> String {
        PageMark.html(Self.twin(outcome)).replacing(" \(Self.twin(outcome).rawValue)</span>", with: " \(outcome.rawValue)</span>")
    }

    private static func twin(_ outcome: MilestoneOutcome) -> Outcome {
        switch outcome {
        case .held: .pass
        case .failed: .fail
        case .inconclusive: .inconclusive
        case .notSelected: .skipped
        }
    }
}
