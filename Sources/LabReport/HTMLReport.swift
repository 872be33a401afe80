/// `report.html`: one file that opens anywhere, without a network and without a server.
///
/// Outcome, checks, resources and environment are plain HTML, and can be read where scripts are forbidden. Timeline, mesh,
/// latencies and logs are drawn by the page's script from the data in the same file. The page's own parts lie in `Page/`.
public enum HTMLReport {
    /// The document's bytes.
    ///
    /// - Parameter files: names of files and folders beside the page, such as `events.jsonl` or `logs/`, for links.
    /// - Throws: `report.encoding` if a number of the report is not finite.
    public static func document(
        _ report: Report, _ timeline: Timeline, files: [String] = [], limits: PageLimits = PageLimits()
    ) throws -> [UInt8] {
        let (data, notes) = try PageData(report: report, timeline: timeline, limits: limits).render()
        let parts: [String: [UInt8]] = [
            "title": Array(Markup.html("\(report.outcome.rawValue): \(report.scenario)").utf8),
            "style": PageAssets.style,
            "script": PageAssets.script,
            "summary": Array(PageSummary(report: report, files: files).html.utf8),
            "notes": Array(notes.map { "<p class=\"note\">\(Markup.html($0))</p>" }.joined().utf8),
            "checks": Array(PageChecks(report: report).html.utf8),
            "resources": Array(PageResources(resources: report.resources).html.utf8),
            "environment": Array(PageEnvironment(report: report).html.utf8),
            "data": withoutMarkup(data),
        ]
        return fill(PageAssets.template, parts)
    }

    /// JSON text in which no `<` stands, so that nothing in it can end the element that holds it. Outside strings JSON has none.
    static func withoutMarkup(_ json: [UInt8]) -> [UInt8] {
        var safe: [UInt8] = []
        safe.reserveCapacity(json.count)
        for (index, run) in json.split(separator: UInt8(ascii: "<"), omittingEmptySubsequences: false).enumerated() {
            if index > 0 { safe += "\\u003c".utf8 }
            safe += run
        }
        return safe
    }

    /// Puts each part in the place of its mark, `{{name}}`. What a part holds is not looked at again.
    static func fill(_ template: String, _ parts: [String: [UInt8]]) -> [UInt8] {
        var document: [UInt8] = []
        var rest = template[...]
        while let open = rest.firstIndex(of: "{") {
            document += rest[..<open].utf8
            rest = rest[open...]
            guard rest.hasPrefix("{{"), let close = rest.firstIndex(of: "}"),
                let part = parts[String(rest[..<close].dropFirst(2))]
            else {
                document += "{".utf8
                rest = rest.dropFirst()
                continue
            }
            document += part
            rest = rest[close...].dropFirst(2)
        }
        return document + rest.utf8
    }
}
