extension SelectorReader {
    /// The machines of a selector that is an object.
    func choose(_ object: ObjectReader, _ coordinatorAllowed: Bool) throws(ScenarioError) -> [String] {
        if let node = object.optional("except") {
            let excluded = Set(try machines(node))
            let rest = cast.names.filter { !excluded.contains($0) }
            guard !rest.isEmpty else { throw ScenarioError(at: object.position, "nothing is left: every machine is excepted") }
            return rest
        }
        if let node = object.optional("label") { return try labelled(node) }
        if let node = object.optional("place") { return try placed(node) }
        return try random(object, coordinatorAllowed)
    }

    private func labelled(_ node: JSONNode) throws(ScenarioError) -> [String] {
        let label = try node.text()
        let found = cast.machines.filter { $0.labels.contains(label) }.map(\.name)
        guard found.isEmpty else { return found }
        let labels = Set(cast.machines.flatMap(\.labels)).sorted()
        let known = labels.isEmpty ? "No machine has any" : "Known: \(ObjectReader.list(labels))"
        throw ScenarioError(
            at: node.position, "no machine has the label \"\(label)\"\(ObjectReader.hint(label, among: labels)) \(known)")
    }

    private func placed(_ node: JSONNode) throws(ScenarioError) -> [String] {
        let place = try cast.place(node)
        let found = cast.machines.filter { $0.place == place }.map(\.name)
        guard !found.isEmpty else { throw ScenarioError(at: node.position, "no machine is at \"\(place)\"") }
        return found
    }

    private func random(_ object: ObjectReader, _ coordinatorAllowed: Bool) throws(ScenarioError) -> [String] {
        let (word, value) = try object.first(of: ["one", "minority", "majority", "percent", "pick"])
        let pool = try machines(object.optional("of") ?? value, coordinatorAllowed: coordinatorAllowed)
        let count: Int
        switch word {
        case "one": count = 1
        case "minority": count = (pool.count - 1) / 2
        case "majority": count = pool.count / 2 + 1
        case "percent": count = max(1, pool.count * (try value.integer()) / 100)
        default: count = try value.integer()
        }
        guard (1...pool.count).contains(count) else {
            let reason = word == "minority" ? "a minority needs three machines at least" : "there are not so many"
            throw ScenarioError(
                at: value.position,
                "cannot choose \(word == "minority" ? "less than half" : "\(count)") of \(pool.count): \(reason)")
        }
        var generator = choices.next()
        let chosen = cast.sorted(generator.shuffled(pool).prefix(count))
        if let name = try object.optional("as")?.text() { choices.named[name] = chosen }
        return chosen
    }
}

extension Cast {
    /// A switch, a site, or the backbone.
    func place(_ node: JSONNode) throws(ScenarioError) -> String {
        let place = try node.text()
        guard places.contains(place) else {
            let hint = ObjectReader.hint(place, among: places)
            throw ScenarioError(at: node.position, "there is no place \"\(place)\"\(hint) Known: \(ObjectReader.list(places))")
        }
        return place
    }
}
