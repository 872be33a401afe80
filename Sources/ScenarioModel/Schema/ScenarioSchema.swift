/// The language as a JSON Schema (draft 2020-12), printed from the same tables that the reader uses.
///
/// It knows names, types and forms. What a word refers to (machines, ids, parameters), and what may stand together, is the reader's to say.
public enum ScenarioSchema {
    /// The schema's text.
    public static var text: String { JSONText.pretty(node) + "\n" }

    static var node: JSONNode {
        let definitions =
            [("parameter", parameter)] + TextKind.all.map { ($0.definition, text($0)) }
            + Grammar.definitions.map { ($0.name, schema($0.shape)) }
        let head: [(String, JSONNode?)] = [
            ("$schema", JSONNode("https://json-schema.org/draft/2020-12/schema")),
            ("$id", JSONNode("urn:warren:scenario:\(Scenario.languageVersion)")),
            ("title", JSONNode("A scenario for the lab")),
        ]
        return JSONNode(
            head + object(Grammar.scenario).members.map { ($0.name, $0.value) }
                + [("$defs", JSONNode(definitions.map { ($0.0, Optional($0.1)) }))])
    }

    /// A text with a parameter in it can stand for anything until the parameter has a value.
    private static let parameterPattern = "\\$\\{[a-z0-9-]+\\}"
    private static let parameter = JSONNode([
        ("description", JSONNode("\"${name}\" stands for the value of a parameter.")), ("type", JSONNode("string")),
        ("pattern", JSONNode(parameterPattern)),
    ])

    private static func reference(_ name: String) -> JSONNode { JSONNode([("$ref", JSONNode("#/$defs/\(name)"))]) }

    private static func form(_ kind: TextKind) -> JSONNode {
        JSONNode([
            ("type", JSONNode("string")), ("minLength", kind.length.lowerBound == 0 ? nil : JSONNode(kind.length.lowerBound)),
            ("maxLength", JSONNode(kind.length.upperBound)), ("pattern", kind.pattern.map { JSONNode($0) }),
        ])
    }

    private static func text(_ kind: TextKind) -> JSONNode {
        JSONNode([
            ("description", JSONNode("\(kind.withArticle.capitalizedFirst): \(kind.allowed)")),
            ("anyOf", JSONNode([form(kind), reference("parameter")])),
        ])
    }

    static func schema(_ shape: Shape) -> JSONNode {
        switch shape {
        case .text(let kind): reference(kind.definition)
        case .named(let name): reference(name)
        case .word(let words, _): orParameter(JSONNode([("enum", JSONNode(words))]))
        case .integer(let range, _): orParameter(integer(range))
        case .flag: orParameter(JSONNode([("type", JSONNode("boolean"))]))
        case .anything: JSONNode([("not", JSONNode([("type", JSONNode("null"))]))])
        case .list: orParameter(list(shape))
        case .map(let kind, let value, let limit, _):
            orParameter(
                JSONNode([
                    ("type", JSONNode("object")), ("maxProperties", JSONNode(limit)),
                    ("propertyNames", form(kind)),
                    ("additionalProperties", schema(value)),
                ]))
        case .choice(let choice): alternatives(choice)
        }
    }

    private static func integer(_ range: ClosedRange<Int>) -> JSONNode {
        JSONNode([
            ("type", JSONNode("integer")), ("minimum", JSONNode(range.lowerBound)), ("maximum", JSONNode(range.upperBound)),
        ])
    }

    private static func list(_ shape: Shape) -> JSONNode {
        guard case .list(let element, let count, _) = shape else { return schema(shape) }
        return JSONNode([
            ("type", JSONNode("array")), ("minItems", count.lowerBound == 0 ? nil : JSONNode(count.lowerBound)),
            ("maxItems", JSONNode(count.upperBound)), ("items", schema(element)),
        ])
    }

    private static func alternatives(_ choice: Choice) -> JSONNode {
        var all: [JSONNode] = []
        if let text = choice.text { all.append(schema(text)) }
        if case .integer(let range, _) = choice.number { all.append(integer(range)) }
        if choice.flag != nil { all.append(JSONNode([("type", JSONNode("boolean"))])) }
        if let list = choice.list { all.append(self.list(list)) }
        all += choice.objects.map(object)
        if choice.text == nil { all.append(reference("parameter")) }
        return all.count == 1 ? all[0] : JSONNode([("anyOf", JSONNode(all))])
    }

    private static func orParameter(_ node: JSONNode) -> JSONNode {
        JSONNode([("anyOf", JSONNode([node, reference("parameter")]))])
    }
}
