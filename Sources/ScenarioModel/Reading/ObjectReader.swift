import Basics

/// Takes an object apart, name by name, and in the end complains of names that nobody asked for.
struct ObjectReader {
    let what: String
    let position: SourcePosition
    private let members: [JSONNode.Member]
    private let allowed: [String]

    /// - Parameters:
    ///   - what: for messages, with its article: "a step".
    ///   - allowed: every name that may stand in the object.
    /// - Throws: for anything but an object, and for a name that is not allowed.
    init(_ node: JSONNode, _ what: String, allowed: [String]) throws(ScenarioError) {
        guard case .object(let members) = node.value else {
            throw ScenarioError(
                at: node.position, "found \(node.summary), expected \(what): an object with \(Self.list(allowed))")
        }
        self.what = what
        self.position = node.position
        self.members = members
        self.allowed = allowed
        for member in members where !allowed.contains(member.name) {
            let hint = ObjectReader.hint(member.name, among: allowed)
            throw ScenarioError(
                at: member.position, "\"\(member.name)\" is not known in \(what)\(hint) Allowed: \(Self.list(allowed))")
        }
    }

    /// The end of a sentence about an unknown word: the nearest known one, if there is one.
    static func hint(_ word: String, among known: some Sequence<String>) -> String {
        NearestWord.to(word, among: known).map { "; did you mean \"\($0)\"?" } ?? "."
    }

    /// The names as a list for people.
    static func list(_ names: [String]) -> String { names.map { "\"\($0)\"" }.joined(separator: ", ") }

    /// The value of that name, if the object has it.
    func optional(_ name: String) -> JSONNode? { members.first { $0.name == name }?.value }

    /// The value of that name.
    func required(_ name: String) throws(ScenarioError) -> JSONNode {
        guard let value = optional(name) else { throw ScenarioError(at: position, "\(what) needs \"\(name)\"") }
        return value
    }

    /// The one member among these names; none or two are an error.
    func exactlyOne(of names: [String]) throws(ScenarioError) -> (name: String, value: JSONNode) {
        let found = members.filter { names.contains($0.name) }
        guard let first = found.first else {
            throw ScenarioError(at: position, "\(what) needs one of \(Self.list(names))")
        }
        guard found.count == 1 else {
            let second = found[1]
            throw ScenarioError(
                at: second.position, "\(what) has \"\(first.name)\" already: \"\(second.name)\" belongs into another one")
        }
        return (first.name, first.value)
    }

    /// Complains of names that make sense only elsewhere.
    func forbid(_ names: [String], because reason: String) throws(ScenarioError) {
        guard let member = members.first(where: { names.contains($0.name) }) else { return }
        throw ScenarioError(at: member.position, "\"\(member.name)\" does not belong here: \(reason)")
    }
}

extension JSONNode {
    /// The text, or an error that says what was expected.
    func text(_ expected: String) throws(ScenarioError) -> String {
        guard case .string(let text) = value else { throw ScenarioError(at: position, "found \(summary), expected \(expected)") }
        return text
    }

    /// A text of 1…`limit` characters.
    func boundedText(_ what: String, limit: Int) throws(ScenarioError) -> String {
        let text = try self.text(what)
        guard (1...limit).contains(text.count) else {
            throw ScenarioError(at: position, "found \(text.count) characters, expected \(what) of 1 to \(limit) characters")
        }
        return text
    }

    /// The elements, or an error that says what was expected.
    func elements(_ expected: String) throws(ScenarioError) -> [JSONNode] {
        guard case .array(let elements) = value else {
            throw ScenarioError(at: position, "found \(summary), expected \(expected)")
        }
        return elements
    }

    /// A duration between 1 ms and `longest`.
    func duration(longest: Duration = .seconds(3_600)) throws(ScenarioError) -> Duration {
        let text = try self.text("a duration: \(DurationText.allowed)")
        guard let duration = DurationText.parse(text) else {
            throw ScenarioError(at: position, "\"\(text)\" is no duration: expected \(DurationText.allowed)")
        }
        guard duration >= .milliseconds(1), duration <= longest else {
            throw ScenarioError(at: position, "\"\(text)\" is out of range: expected 1ms to \(DurationText.format(longest))")
        }
        return duration
    }

    /// One of a few words.
    func word(among allowed: [String], _ what: String) throws(ScenarioError) -> String {
        let text = try self.text("\(what): one of \(ObjectReader.list(allowed))")
        guard allowed.contains(text) else {
            let hint = ObjectReader.hint(text, among: allowed)
            throw ScenarioError(at: position, "\"\(text)\" is no \(what)\(hint) Allowed: \(ObjectReader.list(allowed))")
        }
        return text
    }

    /// A whole number in a range.
    func integer(_ what: String, in range: ClosedRange<Int>) throws(ScenarioError) -> Int {
        guard case .number(let number) = value, let integer = Int(exactly: number), range.contains(integer) else {
            throw ScenarioError(
                at: position, "found \(summary), expected \(what): a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return integer
    }
}
