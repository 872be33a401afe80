/// The page of a week, `docs/milestones/week-NN.md`: the artifact, and the claims in tables.
///
/// Under the heading *Claims* stand guarantees, under *Limitations* what is not done. A row is
/// `| <a id="ID"></a>`ID` | The statement. |`; what further columns say is for people.
public struct MilestonePage: Sendable, Hashable {
    public var week: Int
    public var text: MarkdownText
    /// What runs, one paragraph.
    public var artifact = ""
    public var claims: [Claim] = []
    public private(set) var complaints: [Complaint] = []

    /// The most claims that a page may state.
    public static let claimLimit = 100
    /// The longest id.
    static let idLimit = 63

    public init(week: Int, text: MarkdownText) {
        self.week = week
        self.text = text
        var section = ""
        for line in text.lines where !line.isCode {
            if line.text.hasPrefix("## ") { section = line.text.dropFirst(3).trimmingSpaces }
            readArtifact(line)
            guard let kind = Self.kinds[section], line.text.hasPrefix("|") else { continue }
            readRow(line, kind)
        }
        if artifact.isEmpty { complain(1, "no paragraph begins with **Running artifact.**") }
        if claims.isEmpty { complain(1, "no claim is stated: expected a table under the heading \"## Claims\"") }
    }

    private static let kinds: [String: Claim.Kind] = ["Claims": .guarantee, "Limitations": .limitation]
    private static let artifactMark = "**Running artifact.**"

    private mutating func complain(_ line: Int, _ message: String) {
        complaints.append(Complaint(Place(file: text.path, line: line), message))
    }

    /// The paragraph from the mark to the next empty line.
    private mutating func readArtifact(_ first: MarkdownText.Line) {
        guard first.text.hasPrefix(Self.artifactMark) else { return }
        let rest = text.lines[(first.number - 1)...].prefix { !$0.text.trimmingSpaces.isEmpty }
        artifact = rest.map(\.text).joined(separator: " ").dropFirst(Self.artifactMark.count).plain.trimmingSpaces
    }

    private mutating func readRow(_ line: MarkdownText.Line, _ kind: Claim.Kind) {
        let cells = line.text.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast().map(\.trimmingSpaces)
        guard let first = cells.first, first != "claim", !first.allSatisfy({ "-: ".contains($0) }) else { return }
        guard let id = first.pieces(from: "`", to: "`").first.map(String.init) else {
            return complain(line.number, "a row without a claim's id: expected | <a id=\"ID\"></a>`ID` | The statement. |")
        }
        guard Self.isID(id) else {
            return complain(line.number, "\"\(id)\" is no id: expected words of a-z and 0-9 with hyphens between them")
        }
        guard MarkdownText.anchors(in: first) == [id] else {
            return complain(line.number, "the claim \(id) has no anchor of its name: expected <a id=\"\(id)\"></a>`\(id)`")
        }
        guard cells.count > 1, cells[1].hasSuffix(".") else {
            return complain(line.number, "the claim \(id) has no statement: expected a sentence that ends in a full stop")
        }
        guard claims.count < Self.claimLimit else { return complain(line.number, "more than \(Self.claimLimit) claims") }
        claims.append(
            Claim(id: id, statement: cells[1].plain, kind: kind, week: week, place: Place(file: text.path, line: line.number)))
    }

    static func isID(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= idLimit && text.first != "-" && text.last != "-"
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    }
}
