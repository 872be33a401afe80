/// A kind of text that a scenario file may hold: once as a test for the reader, once as a pattern for the schema.
struct TextKind: Sendable {
    /// The name of its definition in the schema.
    let definition: String
    /// For messages, without an article: "name".
    let noun: String
    /// For messages: what such a text looks like.
    let allowed: String
    /// A regular expression (ECMA-262) for the whole text; nil: any.
    let pattern: String?
    /// In Unicode scalars, as JSON Schema counts.
    let length: ClosedRange<Int>
    /// The same as the pattern.
    let isGood: @Sendable (String) -> Bool

    init(
        _ definition: String, _ noun: String, allowed: String? = nil, pattern: String? = nil, length: ClosedRange<Int>,
        isGood: @escaping @Sendable (String) -> Bool = { _ in true }
    ) {
        self.definition = definition
        self.noun = noun
        self.allowed = allowed ?? "\(length.lowerBound) to \(length.upperBound) characters"
        self.pattern = pattern
        self.length = length
        self.isGood = isGood
    }

    /// "a name" or "an id".
    var withArticle: String { "aeiou".contains(noun.first ?? "x") ? "an \(noun)" : "a \(noun)" }

    /// - Throws: unless the node is such a text.
    func check(_ node: JSONNode) throws(ScenarioError) {
        guard case .string(let text) = node.value else {
            throw .structural(node.position, "found \(node.summary), expected \(withArticle): \(allowed)")
        }
        let count = text.unicodeScalars.count
        guard length.contains(count) else {
            throw .structural(
                node.position,
                "found \(count) characters, expected \(withArticle) of \(length.lowerBound) to \(length.upperBound) characters")
        }
        guard isGood(text) else {
            throw .structural(node.position, "\(node.summary) is no \(noun): expected \(allowed)")
        }
    }
}

extension ScenarioError {
    /// An error that the schema finds, too.
    static func structural(_ position: SourcePosition, _ message: String) -> ScenarioError {
        var error = ScenarioError(at: position, message)
        error.isStructural = true
        return error
    }
}
