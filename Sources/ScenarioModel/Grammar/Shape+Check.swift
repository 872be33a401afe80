extension Shape {
    /// - Throws: the first thing in the node that does not belong there.
    func check(_ node: JSONNode) throws(ScenarioError) {
        switch self {
        case .text(let kind): try kind.check(node)
        case .word(let words, let noun): _ = try node.word(among: words, noun)
        case .integer(let range, let noun): _ = try node.integer(noun, in: range)
        case .flag:
            guard case .bool = node.value else {
                throw .structural(node.position, "found \(node.summary), expected true or false")
            }
        case .list(let element, let count, let noun):
            let elements = try node.elements(noun)
            guard count.contains(elements.count) else {
                let found = elements.count == 1 ? "1 element" : "\(elements.count) elements"
                let allowed =
                    count.lowerBound == count.upperBound ? "\(count.lowerBound)" : "\(count.lowerBound) to \(count.upperBound)"
                throw .structural(node.position, "found \(found), expected \(noun) with \(allowed) elements")
            }
            for node in elements { try element.check(node) }
        case .map(let kind, let value, let limit, let noun): try Self.check(node, kind, value, limit, noun)
        case .choice(let choice): try choice.check(node)
        case .anything:
            if case .null = node.value { throw .structural(node.position, "found null, expected any other value") }
        case .named(let name): try Grammar.definition(name).check(node)
        }
    }

    private static func check(
        _ node: JSONNode, _ kind: TextKind, _ value: Shape, _ limit: Int, _ noun: String
    ) throws(ScenarioError) {
        guard case .object(let members) = node.value else {
            throw .structural(node.position, "found \(node.summary), expected \(noun)")
        }
        guard members.count <= limit else {
            throw .structural(node.position, "found \(members.count) members, expected \(noun) of \(limit) at most")
        }
        for member in members {
            try kind.check(JSONNode(value: .string(member.name), position: member.position))
            try value.check(member.value)
        }
    }
}

extension Choice {
    func check(_ node: JSONNode) throws(ScenarioError) {
        let shape: Shape?
        switch node.value {
        case .string: shape = text
        case .number: shape = number
        case .bool: shape = flag
        case .array: shape = list
        case .null: shape = nil
        case .object(let members):
            if objects.isEmpty { throw .structural(node.position, "found an object, expected \(what)") }
            return try object(for: members, at: node.position).check(members, at: node.position, among: objects)
        }
        guard let shape else {
            let names = objects.count == 1 ? ": an object with \(ObjectReader.list(objects[0].names))" : ""
            throw .structural(node.position, "found \(node.summary), expected \(what)\(names)")
        }
        try shape.check(node)
    }

    /// The one of the objects that these members were meant for.
    private func object(for members: [JSONNode.Member], at position: SourcePosition) throws(ScenarioError) -> ObjectShape {
        if objects.count == 1 { return objects[0] }
        if members.contains(where: { !nameSet.contains($0.name) }) { try Self.refuseUnknown(members, name, names) }
        let found = members.filter { byKey[$0.name] != nil }
        guard let first = found.first, let object = byKey[first.name] else {
            throw .structural(position, "\(name) needs one of \(ObjectReader.list(objects.compactMap(\.key)))")
        }
        if found.count > 1 {
            throw .structural(
                found[1].position, "\(name) has \"\(first.name)\" already: \"\(found[1].name)\" belongs into another one")
        }
        return object
    }

    /// Complains of a name that is allowed nowhere among these.
    static func refuseUnknown(_ members: [JSONNode.Member], _ what: String, _ allowed: [String]) throws(ScenarioError) {
        guard let stranger = members.first(where: { !allowed.contains($0.name) }) else { return }
        let name = JSONNode(value: .string(stranger.name), position: stranger.position).summary
        throw .structural(
            stranger.position,
            "\(name) is not known in \(what)\(ObjectReader.hint(stranger.name, among: allowed)) "
                + "Allowed: \(ObjectReader.list(allowed))")
    }
}

extension ObjectShape {
    func check(_ members: [JSONNode.Member], at position: SourcePosition, among others: [ObjectShape]) throws(ScenarioError) {
        if let stranger = members.first(where: { member in !self.members.contains { $0.name == member.name } }) {
            let allowed = names
            let owners = others.filter { $0.names.contains(stranger.name) }.compactMap(\.key)
            guard let key, !owners.isEmpty else { return try Choice.refuseUnknown(members, what, allowed) }
            let elsewhere = owners.count > 6 ? "" : ", but with \(ObjectReader.list(owners))"
            throw .structural(
                stranger.position,
                "\"\(stranger.name)\" does not go with \"\(key)\"\(elsewhere). "
                    + "Allowed: \(ObjectReader.list(allowed))")
        }
        let missing = self.members.first { shape in shape.isRequired && !members.contains { $0.name == shape.name } }
        if let missing {
            throw .structural(position, "\(label) needs \"\(missing.name)\"")
        }
        for names in exactlyOne { try checkCount(of: names, members, position, isNeeded: true) }
        for names in atMostOne { try checkCount(of: names, members, position, isNeeded: false) }
        if !atLeastOne.isEmpty, !members.contains(where: { atLeastOne.contains($0.name) }) {
            throw .structural(position, "\(label) needs at least one of \(ObjectReader.list(atLeastOne))")
        }
        for member in members { try self.members.first { $0.name == member.name }?.shape.check(member.value) }
    }

    private func checkCount(
        of names: [String], _ members: [JSONNode.Member], _ position: SourcePosition, isNeeded: Bool
    ) throws(ScenarioError) {
        let found = members.filter { names.contains($0.name) }
        if isNeeded, found.isEmpty { throw .structural(position, "\(label) needs one of \(ObjectReader.list(names))") }
        if found.count > 1 {
            throw .structural(
                found[1].position, "\(label) has \"\(found[0].name)\" already: \"\(found[1].name)\" cannot stand beside it")
        }
    }
}
