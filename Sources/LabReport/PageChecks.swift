/// Every check with what it saw.
struct PageChecks {
    let report: Report

    var html: String {
        guard !report.checks.isEmpty else { return "<p class=\"empty\">The run came to no check.</p>" }
        return "<ol class=\"checks\">\(report.checks.map(item).joined())</ol>"
    }

    private func item(_ check: Report.CheckResult) -> String {
        let id = Markup.html(check.id)
        let title = check.title.isEmpty ? "" : "<span class=\"about\">\(Markup.html(check.title))</span>"
        return """
            <li class="check \(check.outcome.rawValue)" id="check-\(id)" data-outcome="\(check.outcome.rawValue)">
            \(PageMark.html(check.outcome))
            <div class="what"><h3><code>\(id)</code></h3>\(title)</div>
            <div class="time">\(time(check))</div>
            <p class="seen">\(check.detail.isEmpty ? "no detail" : Markup.html(check.detail))</p>
            \(tags(check))
            </li>
            """
    }

    /// The time in words, and against the bound as a bar.
    private func time(_ check: Report.CheckResult) -> String {
        let since = check.since.map { " <span class=\"since\">since \(Markup.html($0))</span>" } ?? ""
        let took = "<b>\(PageMark.seconds(check.seconds))</b>"
        guard let bound = check.bound, bound > 0, check.outcome != .skipped else { return took + since }
        let lasts = ["never", "always", "stays", "invariant"].contains(check.kind)
        let part = min(1, max(0, check.seconds / bound))
        let isOver = check.seconds > bound && !lasts
        return """
            \(took) \(lasts ? "for" : "of") \(PageMark.seconds(bound))\(isOver ? " — over the bound" : "")\(since)
            <span class="bar\(isOver ? " over" : "")\(lasts ? " lasts" : "")" aria-hidden="true"><i style="width:\(PageMark.decimal(part * 100, 1))%"></i></span>
            """
    }

    private func tags(_ check: Report.CheckResult) -> String {
        var tags: [String] = []
        if !check.kind.isEmpty { tags.append("<li>\(Markup.html(check.kind))</li>") }
        if let step = check.step { tags.append("<li>step \(step)</li>") }
        tags += check.milestones.map { "<li class=\"id\">milestone \($0)</li>" }
        tags += check.claims.map { "<li class=\"id\">claim \(Markup.html($0))</li>" }
        if !check.machines.isEmpty {
            let names = check.machines.prefix(8).map(Markup.html).joined(separator: ", ")
            tags.append("<li>\(names)\(check.machines.count > 8 ? " and \(check.machines.count - 8) more" : "")</li>")
        }
        return tags.isEmpty ? "" : "<ul class=\"tags\">\(tags.joined())</ul>"
    }
}
