extension ScenarioSchema {
    static func object(_ object: ObjectShape) -> JSONNode {
        let required = object.members.filter(\.isRequired).map(\.name)
        let rules =
            object.exactlyOne.map { JSONNode([("oneOf", presence(of: $0))]) }
            + (object.atLeastOne.isEmpty ? [] : [JSONNode([("anyOf", presence(of: object.atLeastOne))])])
            + object.atMostOne.map { JSONNode([("not", JSONNode([("required", JSONNode($0))]))]) }
        return JSONNode([
            ("type", JSONNode("object")),
            ("properties", JSONNode(object.members.map { ($0.name, Optional(member($0))) })),
            ("required", required.isEmpty ? nil : JSONNode(required)), ("allOf", rules.isEmpty ? nil : JSONNode(rules)),
            ("additionalProperties", JSONNode(false)),
        ])
    }

    private static func member(_ member: MemberShape) -> JSONNode {
        let schema = schema(member.shape)
        guard let about = member.about else { return schema }
        return JSONNode([("description", Optional(JSONNode(about)))] + schema.members.map { ($0.name, Optional($0.value)) })
    }

    private static func presence(of names: [String]) -> JSONNode {
        JSONNode(names.map { JSONNode([("required", JSONNode([$0]))]) })
    }
}

extension String {
    /// The text with its first letter in upper case.
    var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
