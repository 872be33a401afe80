import NetworkModel

extension StepReader {
    /// Partition, block, impair, and heal.
    mutating func fault(_ verb: String, _ node: JSONNode) throws(ScenarioError) -> Action {
        if verb == "heal" { return .heal(try heal(node)) }
        let object = ObjectReader(node)
        let name = try claimFault(try object.required("name"))
        let fault: LinkFault
        switch verb {
        case "partition": fault = try partition(object)
        case "block":
            let links = try self.links(object, "a block")
            fault = .block(links, try traffic(object))
        default:
            let links = try self.links(object, "an impairment")
            fault = .impairment(links, try NetworkReader.properties(node))
        }
        linkCount += fault.links.count
        guard linkCount <= DirectedLink.limit else { throw DirectedLink.tooMany(at: node.position) }
        return .fault(name: name, fault)
    }

    private mutating func claimFault(_ node: JSONNode) throws(ScenarioError) -> String {
        let name = try node.text()
        guard name != "all" else {
            throw ScenarioError(at: node.position, "\"all\" has a meaning of its own: choose another name")
        }
        guard faults[name] != false else {
            throw ScenarioError(
                at: node.position, "an earlier fault is named \"\(name)\" and is not healed yet: choose another name")
        }
        faults[name] = false
        return name
    }

    private mutating func heal(_ node: JSONNode) throws(ScenarioError) -> String? {
        let name = try node.text()
        if name == "all" {
            for fault in faults.keys { faults[fault] = true }
            return nil
        }
        guard let isHealed = faults[name] else {
            throw ScenarioError(
                at: node.position,
                "no step before this one makes a fault \"\(name)\"\(ObjectReader.known(name, among: faults.keys))")
        }
        guard !isHealed else { throw ScenarioError(at: node.position, "the fault \"\(name)\" is healed already") }
        faults[name] = true
        return name
    }

    private func traffic(_ object: ObjectReader) throws(ScenarioError) -> Traffic {
        let transport = Traffic.Transport(rawValue: try object.required("protocol").text()) ?? .udp
        let port = object.optional("port")
        if let port, transport == .icmp { throw ScenarioError(at: port.position, "ICMP has no ports") }
        return Traffic(transport: transport, port: try port?.integer())
    }

    // MARK: Links

    private func machines(_ node: JSONNode) throws(ScenarioError) -> [String] {
        try selectors.machines(node, coordinatorAllowed: true)
    }

    /// `from` and `to`, `between`, or `links`.
    private func links(_ object: ObjectReader, _ what: String) throws(ScenarioError) -> Set<DirectedLink> {
        if let node = object.optional("links") { return try written(node) }
        let (_, source) = try object.first(of: ["from", "between"])
        let from = try machines(source)
        let to = try object.optional("to").map { node throws(ScenarioError) in try machines(node) } ?? from
        return try some(try DirectedLink.from(from, to: to, at: object.position), what, at: object.position)
    }

    private func written(_ node: JSONNode) throws(ScenarioError) -> Set<DirectedLink> {
        var links: Set<DirectedLink> = []
        for pair in try node.elements() {
            let ends = try pair.elements()
            links.formUnion(try DirectedLink.from(try machines(ends[0]), to: try machines(ends[1]), at: pair.position))
        }
        return try some(links, "a list of links", at: node.position)
    }

    private func some(_ links: Set<DirectedLink>, _ what: String, at position: SourcePosition) throws(ScenarioError)
        -> Set<DirectedLink>
    {
        guard !links.isEmpty else { throw ScenarioError(at: position, "\(what) needs two different machines at least") }
        return links
    }

    // MARK: Partitions

    private func partition(_ object: ObjectReader) throws(ScenarioError) -> LinkFault {
        let (word, node) = try object.first(of: Grammar.partitionWords)
        let shape = try object.optional("shape")?.text() ?? word
        switch word {
        case "groups": return .cut(try DirectedLink.across(try groups(node), at: node.position), shape: shape)
        case "links": return .cut(try written(node), shape: shape)
        case "isolate":
            let chosen = try machines(node)
            let rest = selectors.cast.names.filter { !chosen.contains($0) }
            guard !rest.isEmpty else { throw ScenarioError(at: node.position, "nothing is left that they could be cut off from") }
            return .cut(try DirectedLink.across([chosen, rest], at: node.position), shape: shape)
        case "one-way":
            let ends = ObjectReader(node)
            let links = try DirectedLink.from(
                try machines(try ends.required("from")), to: try machines(try ends.required("to")), at: node.position)
            return .cut(try some(links, "a one-way partition", at: node.position), shape: shape)
        default: return .cut(try split(word, node), shape: shape)
        }
    }

    /// Those that divide machines by themselves.
    private func split(_ word: String, _ node: JSONNode) throws(ScenarioError) -> Set<DirectedLink> {
        let machines = try machines(node)
        let needed = ["halves": 2, "majority": 3, "bridge": 3, "ring": 4][word] ?? 2
        guard machines.count >= needed else {
            throw ScenarioError(at: node.position, "\"\(word)\" needs \(needed) machines at least, found \(machines.count)")
        }
        if word == "ring" { return try DirectedLink.ring(machines, at: node.position) }
        var generator = selectors.choices.next()
        var shuffled = generator.shuffled(machines)
        if word == "bridge" { shuffled.removeLast() }
        let middle = word == "majority" ? shuffled.count / 2 + 1 : shuffled.count / 2
        return try DirectedLink.across([Array(shuffled[..<middle]), Array(shuffled[middle...])], at: node.position)
    }

    private func groups(_ node: JSONNode) throws(ScenarioError) -> [[String]] {
        var groups: [[String]] = []
        var taken: Set<String> = []
        for group in try node.elements() {
            let names = try machines(group)
            for name in names where !taken.insert(name).inserted {
                throw ScenarioError(at: group.position, "machine \"\(name)\" stands in two groups")
            }
            groups.append(names)
        }
        return groups
    }
}
