/// A Markdown file, as far as links, headings and tables go.
public struct MarkdownText: Sendable, Hashable {
    /// Relative to the project's folder.
    public var path: String
    public var lines: [Line]

    public struct Line: Sendable, Hashable {
        /// From 1.
        public var number: Int
        public var text: String
        /// Inside a fenced block, or one of its fences.
        public var isCode: Bool
    }

    /// A link that does not lead out of the project.
    public struct Link: Sendable, Hashable {
        public var line: Int
        /// The path as the file has it, without the fragment; empty: this file.
        public var path: String
        public var fragment: String?
    }

    public init(path: String, text: String) {
        self.path = path
        var isCode = false
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map { index, line in
            let start = line.drop { $0 == " " }
            let isFence = start.hasPrefix("```") || start.hasPrefix("~~~")
            if isFence { isCode.toggle() }
            return Line(number: index + 1, text: String(line), isCode: isCode || isFence)
        }
    }

    /// The headings outside code, as a code host makes fragments of them, and the ids of anchors (`<a id="…">`).
    public var fragments: Set<String> {
        var found: Set<String> = []
        var counts: [String: Int] = [:]
        for line in lines where !line.isCode {
            if line.text.hasPrefix("#") {
                let name = Self.fragment(of: String(line.text.drop { $0 == "#" }))
                let count = counts[name, default: 0]
                counts[name] = count + 1
                found.insert(count == 0 ? name : "\(name)-\(count)")
            }
            found.formUnion(Self.anchors(in: line.text))
        }
        return found
    }

    /// `## The bound` is found as `the-bound`.
    public static func fragment(of heading: String) -> String {
        var name = ""
        for character in heading.trimmingSpaces.lowercased() {
            if character == " " { name += "-" }
            if character.isLetter || character.isNumber || character == "-" || character == "_" { name.append(character) }
        }
        return name
    }

    static func anchors(in text: String) -> [String] {
        text.pieces(from: "<a id=\"", to: "\"").map(String.init)
    }

    /// Relative links outside code; those to other hosts are left out.
    public var links: [Link] {
        lines.filter { !$0.isCode }.flatMap { line in
            line.text.withoutCode.pieces(from: "](", to: ")").compactMap { target in
                guard !target.isEmpty, !target.contains("://"), !target.hasPrefix("mailto:"), !target.contains(" ") else {
                    return nil
                }
                let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
                return Link(
                    line: line.number, path: String(parts[0]), fragment: parts.count > 1 ? String(parts[1]) : nil)
            }
        }
    }

    /// The path that a link leads to, relative to the project's folder; nil if it leads out of it.
    public func resolve(_ link: String) -> String? {
        guard !link.isEmpty else { return path }
        var parts = path.split(separator: "/").dropLast().map(String.init)
        for part in link.split(separator: "/") where part != "." {
            guard part == ".." else {
                parts.append(String(part))
                continue
            }
            guard parts.popLast() != nil else { return nil }
        }
        return parts.joined(separator: "/")
    }
}

extension StringProtocol {
    /// Without spaces at its ends.
    var trimmingSpaces: String {
        var text = self[...]
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }

    /// What stands between the two marks, each time.
    func pieces(from open: String, to close: String) -> [SubSequence] {
        var found: [SubSequence] = []
        var rest = self[...]
        while let begin = rest.firstRange(of: open) {
            let inner = rest[begin.upperBound...]
            guard let end = inner.firstRange(of: close) else { break }
            found.append(inner[..<end.lowerBound])
            rest = inner[end.upperBound...]
        }
        return found
    }

    /// Without comments, and with the words of links instead of these.
    var plain: String {
        var text = String(self)
        for comment in text.pieces(from: "<!--", to: "-->").map(String.init) {
            text = text.replacing("<!--\(comment)-->", with: "")
        }
        for target in text.pieces(from: "](", to: ")").map(String.init) {
            guard let end = text.firstRange(of: "](\(target))"), let begin = text[..<end.lowerBound].lastIndex(of: "[") else {
                continue
            }
            text.replaceSubrange(end, with: "")
            text.remove(at: begin)
        }
        return text
    }

    /// Without what stands between backticks.
    var withoutCode: String {
        let parts = split(separator: "`", omittingEmptySubsequences: false)
        return parts.enumerated().filter { $0.offset.isMultiple(of: 2) }.map { String($0.element) }.joined(separator: "`")
    }
}
