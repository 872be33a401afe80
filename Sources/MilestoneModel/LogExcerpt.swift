/// A part of a document that is copied from the logs of a run: what stands in the fenced block between two marks,
/// `<!-- log: SCENARIO FROM..TO EVENT EVENT … -->` and `<!-- end of log -->`.
///
/// FROM and TO are ids of steps, which count from their beginning, or of checks, which count from their end. A line is the time in
/// seconds, who says so, the event, and its fields; what the lab did and what its checks came to stand in between.
public struct LogExcerpt: Sendable, Hashable {
    public var scenario: String
    public var from: String
    public var to: String
    /// The events that are shown, besides the steps; `MACHINE/SERVICE:EVENT` only from there.
    public var events: [String]
    public var place: Place
    /// The lines between the fences, with their numbers.
    var lines: [MarkdownText.Line]

    private static let open = "<!-- log: "
    private static let close = "<!-- end of log -->"
    /// The most lines of one excerpt.
    public static let lineLimit = 40

    /// Those of a document, and what is wrong with their marks.
    public static func all(in document: MarkdownText) -> ([LogExcerpt], [Complaint]) {
        var found: [LogExcerpt] = []
        var complaints: [Complaint] = []
        for (index, line) in document.lines.enumerated() where !line.isCode && line.text.hasPrefix(open) {
            let place = Place(file: document.path, line: line.number)
            let rest = document.lines[(index + 1)...]
            let words = line.text.dropFirst(open.count).split(separator: " ").prefix { $0 != "-->" }.map(String.init)
            let range = words.count > 1 ? words[1].split(separator: ".", omittingEmptySubsequences: true).map(String.init) : []
            guard words.count > 2, range.count == 2 else {
                complaints.append(Complaint(place, "expected <!-- log: SCENARIO FROM..TO EVENT … -->"))
                continue
            }
            guard let end = rest.firstIndex(where: { $0.text == close }) else {
                complaints.append(Complaint(place, "the excerpt has no end: expected \(close)"))
                continue
            }
            let block = document.lines[(index + 1)..<end].filter { $0.isCode && !$0.text.hasPrefix("```") }
            if block.isEmpty {
                complaints.append(Complaint(place, "the excerpt is empty: lab milestones --write-excerpts makes it"))
            }
            found.append(
                LogExcerpt(
                    scenario: words[0], from: range[0], to: range[1], events: Array(words[2...]), place: place,
                    lines: Array(block)))
        }
        return (found, complaints)
    }

    /// What the programs have logged: the third word of each line that is not the lab's own.
    var loggedEvents: [(line: Int, event: String)] {
        lines.compactMap { line in
            let words = line.text.split(separator: " ")
            return words.count > 2 && words[1] != "lab" ? (line.number, String(words[2])) : nil
        }
    }

    /// Whether the excerpt shows an event of that source.
    public func shows(_ event: String, of source: String) -> Bool {
        events.contains(event) || events.contains("\(source):\(event)")
    }

    /// The document's text with other lines in its excerpts.
    ///
    /// - Parameter content: the lines of an excerpt; nil leaves it as it is.
    public static func rewrite(_ document: MarkdownText, content: (LogExcerpt) throws -> [String]?) rethrows -> String {
        var lines = document.lines.map(\.text)
        for excerpt in all(in: document).0.reversed() {
            guard let new = try content(excerpt),
                let end = lines[excerpt.place.line...].firstIndex(of: close)
            else { continue }
            lines.replaceSubrange(excerpt.place.line..<end, with: ["", "```"] + new + ["```", ""])
        }
        return lines.joined(separator: "\n")
    }
}
