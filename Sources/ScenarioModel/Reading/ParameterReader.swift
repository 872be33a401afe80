import Basics

/// Parameters: their values, and what stands for them in the rest of the file.
struct ParameterReader {
    /// The most that parameters may add to a file, in bytes of JSON: a small file could otherwise become a huge one.
    static let insertionLimit = 16 << 20

    /// By name.
    private var values: [String: JSONNode] = [:]
    /// How long each value is, in bytes of JSON.
    private var sizes: [String: Int] = [:]
    private var inserted = 0

    /// - Parameters:
    ///   - root: the whole file.
    ///   - settings: values that the command line gave, as text.
    init(_ root: JSONNode, settings: [String: String]) throws(ScenarioError) {
        let node = root.members.first { $0.name == "parameters" }?.value
        if let node {
            let shape = Grammar.scenario.members.first { $0.name == "parameters" }?.shape
            try shape?.check(node)
        }
        for member in node?.members ?? [] { values[member.name] = member.value }
        let start = SourcePosition(line: 1, column: 1)
        for (name, text) in settings.sorted(by: { $0.key < $1.key }) {
            guard let standing = values[name] else {
                throw ScenarioError(
                    at: start, "there is no parameter \"\(name)\"\(ObjectReader.known(name, among: values.keys))")
            }
            values[name] = try Self.value(text, like: standing, name)
        }
        sizes = values.mapValues { JSONText.compact($0).utf8.count }
    }

    /// What each parameter is, as JSON.
    var texts: [String: String] { values.mapValues { JSONText.compact($0) } }

    /// The text as a value of the same type as another.
    private static func value(_ text: String, like other: JSONNode, _ name: String) throws(ScenarioError) -> JSONNode {
        let start = SourcePosition(line: 1, column: 1)
        if case .string = other.value { return JSONNode(value: .string(text), position: start) }
        let parsed = try? JSONParser.parse(text)
        guard let parsed, parsed.type == other.type else {
            let shown = JSONNode(value: .string(text), position: start).summary
            throw ScenarioError(at: start, "the parameter \"\(name)\" is \(other.type.rawValue): it cannot be set to \(shown)")
        }
        return JSONNode(value: parsed.value, position: start)
    }

    /// The file with values for parameters, except in the parameters themselves.
    mutating func filled(_ root: JSONNode) throws(ScenarioError) -> JSONNode {
        guard case .object = root.value else { return root }
        var members: [JSONNode.Member] = []
        for member in root.members {
            let isOutside = member.name == "parameters" || member.name == "$schema"
            let value = isOutside ? member.value : try fill(member.value)
            members.append(JSONNode.Member(name: member.name, position: member.position, value: value))
        }
        return JSONNode(value: .object(members), position: root.position)
    }

    private mutating func fill(_ node: JSONNode) throws(ScenarioError) -> JSONNode {
        switch node.value {
        case .string(let text):
            guard text.utf8.contains(36) else { return node }
            return try fill(text, at: node.position)
        case .array(let elements):
            var filled: [JSONNode] = []
            for element in elements { filled.append(try fill(element)) }
            return JSONNode(value: .array(filled), position: node.position)
        case .object(let members):
            var filled: [JSONNode.Member] = []
            for member in members {
                filled.append(JSONNode.Member(name: member.name, position: member.position, value: try fill(member.value)))
            }
            return JSONNode(value: .object(filled), position: node.position)
        default: return node
        }
    }

    /// A text with values for `${name}`; `$${` stands for `${`, and `${machine.…}` is for later.
    private mutating func fill(_ text: String, at position: SourcePosition) throws(ScenarioError) -> JSONNode {
        var result = ""
        var rest = Substring(text)
        while let start = rest.firstIndex(of: "$") {
            result += rest[..<start]
            rest = rest[start...]
            if rest.hasPrefix("$${") {
                result += "${"
                rest = rest.dropFirst(3)
                continue
            }
            guard rest.hasPrefix("${") else {
                result += "$"
                rest = rest.dropFirst()
                continue
            }
            guard let end = rest.firstIndex(of: "}") else {
                throw ScenarioError(at: position, "\"${\" has no closing \"}\": write \"$${\" for a plain \"${\"")
            }
            let name = String(rest[rest.index(start, offsetBy: 2)..<end])
            let isWhole = rest.startIndex == text.startIndex && rest.index(after: end) == text.endIndex
            rest = rest[rest.index(after: end)...]
            if name.hasPrefix("machine.") {
                result += "${\(name)}"
                continue
            }
            let value = try value(of: name, at: position)
            if isWhole { return value.moved(to: position) }
            result += try Self.insertion(value, name, at: position)
        }
        return JSONNode(value: .string(result + rest), position: position)
    }

    private mutating func value(of name: String, at position: SourcePosition) throws(ScenarioError) -> JSONNode {
        if let value = values[name] {
            inserted += sizes[name] ?? 0
            guard inserted <= Self.insertionLimit else {
                throw ScenarioError(
                    at: position,
                    "parameters add more than \(Self.insertionLimit >> 20) MiB to the file, the most that is allowed")
            }
            return value
        }
        throw ScenarioError(
            at: position,
            "there is no parameter \"\(name)\"\(ObjectReader.known(name, among: values.keys)). "
                + "Write \"$${\" for a plain \"${\"")
    }

    private static func insertion(_ value: JSONNode, _ name: String, at position: SourcePosition) throws(ScenarioError) -> String
    {
        switch value.value {
        case .string(let text): return text
        case .number, .bool: return JSONText.compact(value)
        default:
            throw ScenarioError(
                at: position, "the parameter \"\(name)\" is \(value.type.rawValue): it cannot stand inside a text")
        }
    }
}
