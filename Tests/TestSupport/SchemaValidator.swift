@testable import ScenarioModel

/// A validator of JSON Schema (draft 2020-12), written from the specification and apart from the programs: they are held against it.
/// It knows the keywords that the scenario schema and the OpenAPI documents use, and reports any other.
public final class SchemaValidator {
    public let root: JSONNode
    /// Keywords that the validator met and does not know.
    public private(set) var unknownKeywords: Set<String> = []
    private var resolved: [String: JSONNode] = [:]
    private var patterns: [String: Regex<AnyRegexOutput>] = [:]
    private let isClosed: Bool
    private static let annotations: Set = ["$schema", "$id", "title", "description", "$defs", "examples", "default"]

    /// - Parameter isClosed: whether members that the schema does not describe are refused, too, where it describes any: what a reader may
    ///   pass over, its writer must still have documented.
    public init(_ root: JSONNode, isClosed: Bool = false) {
        self.root = root
        self.isClosed = isClosed
    }

    public func accepts(_ node: JSONNode) -> Bool { accepts(node, root) }

    /// The schema that a reference leads to.
    public func resolve(_ reference: String) -> JSONNode? {
        if let known = resolved[reference] { return known }
        resolved[reference] = reference.split(separator: "/").dropFirst().reduce(Optional(root)) { node, name in
            node?[String(name)]
        }
        return resolved[reference]
    }

    public func accepts(_ node: JSONNode, _ schema: JSONNode) -> Bool {
        if case .bool(let flag) = schema.value { return flag }
        // What most often fails comes before the members, which cost most.
        for keyword in schema.members where keyword.name != "properties" && !Self.annotations.contains(keyword.name) {
            guard holds(keyword.name, keyword.value, node, schema) else { return false }
        }
        guard let properties = schema["properties"] else { return true }
        if isClosed, !node.members.allSatisfy({ properties[$0.name] != nil }) { return false }
        return holds("properties", properties, node, schema)
    }

    private func holds(_ keyword: String, _ value: JSONNode, _ node: JSONNode, _ schema: JSONNode) -> Bool {
        switch keyword {
        case "$ref": return resolve(value.string ?? "").map { accepts(node, $0) } ?? false
        case "type": return isOfType(node, value.string ?? "")
        case "const": return value.string != nil && value.string == node.string
        case "enum": return value.list.contains { $0.string != nil && $0.string == node.string }
        case "anyOf": return value.list.contains { accepts(node, $0) }
        case "oneOf": return value.list.count { accepts(node, $0) } == 1
        case "allOf": return value.list.allSatisfy { accepts(node, $0) }
        case "not": return !accepts(node, value)
        case "minLength", "maxLength", "pattern": return textHolds(keyword, value, node)
        case "minimum", "maximum":
            guard case .number(let number) = node.value else { return true }
            return keyword == "minimum" ? number >= value.number : number <= value.number
        case "items", "minItems", "maxItems": return listHolds(keyword, value, node)
        default: return objectHolds(keyword, value, node, schema)
        }
    }

    private func isOfType(_ node: JSONNode, _ type: String) -> Bool {
        switch node.value {
        case .null: type == "null"
        case .bool: type == "boolean"
        case .number(let number): type == "number" || type == "integer" && number == number.rounded()
        case .string: type == "string"
        case .array: type == "array"
        case .object: type == "object"
        }
    }

    private func textHolds(_ keyword: String, _ value: JSONNode, _ node: JSONNode) -> Bool {
        guard let text = node.string else { return true }
        switch keyword {
        case "minLength": return Double(text.unicodeScalars.count) >= value.number
        case "maxLength": return Double(text.unicodeScalars.count) <= value.number
        default: return matches(text, value.string ?? "")
        }
    }

    /// ECMA-262: `^` and `$` are the ends of the text and nothing else.
    private func matches(_ text: String, _ pattern: String) -> Bool {
        let isWhole = pattern.hasPrefix("^") && pattern.hasSuffix("$")
        let source = isWhole ? String(pattern.dropFirst().dropLast()) : pattern
        guard let regex = patterns[pattern] ?? (try? Regex(source).matchingSemantics(.unicodeScalar)) else { return false }
        patterns[pattern] = regex
        return isWhole ? text.wholeMatch(of: regex) != nil : text.firstMatch(of: regex) != nil
    }

    private func listHolds(_ keyword: String, _ value: JSONNode, _ node: JSONNode) -> Bool {
        guard case .array(let elements) = node.value else { return true }
        switch keyword {
        case "minItems": return Double(elements.count) >= value.number
        case "maxItems": return Double(elements.count) <= value.number
        default: return elements.allSatisfy { accepts($0, value) }
        }
    }

    private func objectHolds(_ keyword: String, _ value: JSONNode, _ node: JSONNode, _ schema: JSONNode) -> Bool {
        guard case .object(let members) = node.value else {
            return ["properties", "required", "additionalProperties", "propertyNames", "maxProperties"].contains(keyword)
        }
        switch keyword {
        case "properties": return members.allSatisfy { member in value[member.name].map { accepts(member.value, $0) } ?? true }
        case "required": return value.list.allSatisfy { name in members.contains { $0.name == name.string } }
        case "additionalProperties":
            let known = schema["properties"]
            return members.allSatisfy { known?[$0.name] != nil || accepts($0.value, value) }
        case "propertyNames": return members.allSatisfy { accepts(JSONNode($0.name), value) }
        case "maxProperties": return Double(members.count) <= value.number
        default:
            unknownKeywords.insert(keyword)
            return false
        }
    }
}

extension JSONNode {
    public subscript(name: String) -> JSONNode? { members.first { $0.name == name }?.value }

    public var string: String? { if case .string(let text) = value { text } else { nil } }
    public var number: Double { if case .number(let number) = value { number } else { .nan } }
    public var list: [JSONNode] { if case .array(let elements) = value { elements } else { [] } }
}
