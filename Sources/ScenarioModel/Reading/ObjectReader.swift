import Basics

/// The members of an object whose shape was checked.
struct ObjectReader {
    let position: SourcePosition
    private let members: [JSONNode.Member]

    init(_ node: JSONNode) {
        position = node.position
        if case .object(let members) = node.value { self.members = members } else { members = [] }
    }

    /// The end of a sentence about an unknown word: the nearest known one, if there is one.
    static func hint(_ word: String, among known: some Sequence<String>) -> String {
        NearestWord.to(String(word.prefix(100)), among: known).map { "; did you mean \"\($0)\"?" } ?? "."
    }

    /// The same, with all that are known.
    static func known(_ word: String, among known: some Collection<String>) -> String {
        hint(word, among: known) + (known.isEmpty ? " There is none" : " Known: \(list(known.sorted()))")
    }

    /// The names as a list for people; a long one is cut.
    static func list(_ names: [String]) -> String {
        let limit = 60
        let shown = names.prefix(limit).map { "\"\($0)\"" }.joined(separator: ", ")
        return names.count > limit ? "\(shown) and \(names.count - limit) more" : shown
    }

    func has(_ name: String) -> Bool { members.contains { $0.name == name } }

    /// The value of that name, if the object has it.
    func optional(_ name: String) -> JSONNode? { members.first { $0.name == name }?.value }

    /// The value of that name.
    func required(_ name: String) throws(ScenarioError) -> JSONNode {
        guard let value = optional(name) else { throw .structural(position, "\"\(name)\" is missing") }
        return value
    }

    /// The first of these names that the object has.
    func first(of names: [String]) throws(ScenarioError) -> (name: String, value: JSONNode) {
        guard let member = members.first(where: { names.contains($0.name) }) else {
            throw .structural(position, "one of \(Self.list(names)) is missing")
        }
        return (member.name, member.value)
    }
}

extension JSONNode {
    /// The text, or an error that says what was expected.
    func text(_ expected: String = "a text") throws(ScenarioError) -> String {
        guard case .string(let text) = value else { throw .structural(position, "found \(summary), expected \(expected)") }
        return text
    }

    /// The elements, or an error that says what was expected.
    func elements(_ expected: String = "a list") throws(ScenarioError) -> [JSONNode] {
        guard case .array(let elements) = value else { throw .structural(position, "found \(summary), expected \(expected)") }
        return elements
    }

    /// The members of an object, in the order of the file.
    var members: [Member] {
        guard case .object(let members) = value else { return [] }
        return members
    }

    /// A list, each element of which is read by the body.
    func map<Element>(_ body: (JSONNode) throws(ScenarioError) -> Element) throws(ScenarioError) -> [Element] {
        var list: [Element] = []
        for element in try elements() { list.append(try body(element)) }
        return list
    }

    /// A duration in a range.
    func duration(
        shortest: Duration = .milliseconds(1), longest: Duration = .seconds(3_600)
    ) throws(ScenarioError) -> Duration {
        let text = try self.text("a duration: \(DurationText.allowed)")
        let duration = DurationText.parse(text)
        guard let duration, duration >= shortest, duration <= longest else {
            let from = shortest == .zero ? "0s" : DurationText.format(shortest)
            throw ScenarioError(at: position, "\"\(text)\" is out of range: expected \(from) to \(DurationText.format(longest))")
        }
        return duration
    }

    /// One of a few words.
    func word(among allowed: [String], _ noun: String) throws(ScenarioError) -> String {
        guard case .string(let text) = value else {
            throw .structural(position, "found \(summary), expected one of \(ObjectReader.list(allowed))")
        }
        guard allowed.contains(text) else {
            let hint = ObjectReader.hint(text, among: allowed)
            throw .structural(position, "\(summary) is no \(noun)\(hint) Allowed: \(ObjectReader.list(allowed))")
        }
        return text
    }

    /// A whole number in a range.
    func integer(_ noun: String, in range: ClosedRange<Int>) throws(ScenarioError) -> Int {
        guard case .number(let number) = value, let integer = Int(exactly: number), range.contains(integer) else {
            let allowed =
                range.lowerBound == range.upperBound
                ? "\(range.lowerBound)" : "a whole number from \(range.lowerBound) to \(range.upperBound)"
            throw .structural(position, "found \(summary), expected \(noun): \(allowed)")
        }
        return integer
    }

    /// A whole number whose range was checked.
    func integer() throws(ScenarioError) -> Int { try integer("a whole number", in: Int.min...Int.max) }
}
