import NetworkModel

/// Reads the underlay.
enum NetworkReader {
    static func read(_ node: JSONNode?) throws(ScenarioError) -> Topology {
        var topology = Topology()
        guard let node else { return topology }
        let object = ObjectReader(node)
        if let families = try object.optional("families")?.text() { topology.families = .init(rawValue: families) ?? .ipv4 }
        if let mtu = object.optional("mtu") { topology.mtu = try self.mtu(mtu, topology.families) }
        var taken: [String: String] = [:]
        for node in try object.optional("switches")?.elements() ?? [] {
            let (name, object) = try head(node, "a switch", &taken)
            topology.switches.append(SwitchPlan(name: name, link: try object.optional("link").map(link) ?? LinkPair()))
        }
        for node in try object.optional("sites")?.elements() ?? [] {
            let (name, object) = try head(node, "a site", &taken)
            topology.sites.append(
                SitePlan(
                    name: name, nat: try object.optional("nat").map(nat),
                    link: try object.optional("link").map(link) ?? LinkPair()))
        }
        return topology
    }

    /// Bytes; IPv6 needs 1280 (RFC 8200, section 5).
    static func mtu(_ node: JSONNode, _ families: Topology.Families) throws(ScenarioError) -> Int {
        let bytes = try node.integer()
        guard families == .ipv4 || bytes >= 1_280 else {
            throw ScenarioError(at: node.position, "found an MTU of \(bytes), but IPv6 needs 1280 at least")
        }
        return bytes
    }

    static func link(_ node: JSONNode) throws(ScenarioError) -> LinkPair {
        let object = ObjectReader(node)
        return LinkPair(
            up: try object.optional("up").map(properties) ?? LinkProperties(),
            down: try object.optional("down").map(properties) ?? LinkProperties())
    }

    /// The properties among an object's members; others are not looked at.
    static func properties(_ node: JSONNode) throws(ScenarioError) -> LinkProperties {
        let object = ObjectReader(node)
        var properties = LinkProperties()
        properties.delay = try object.optional("delay")?.duration(shortest: .zero, longest: .seconds(60)) ?? .zero
        if let jitter = object.optional("jitter") {
            properties.jitter = try jitter.duration(shortest: .zero, longest: .seconds(60))
            guard properties.jitter <= properties.delay else {
                throw ScenarioError(
                    at: jitter.position, "the jitter is longer than the delay: packets cannot arrive before they are sent")
            }
        }
        properties.loss = try share(object.optional("loss"))
        properties.duplicate = try share(object.optional("duplicate"))
        properties.reorder = try share(object.optional("reorder"))
        properties.corrupt = try share(object.optional("corrupt"))
        if let reorder = object.optional("reorder"), properties.reorder > 0, properties.delay == .zero {
            throw ScenarioError(at: reorder.position, "without a \"delay\" no packet can overtake another")
        }
        properties.rate = try object.optional("rate").map(rate)
        return properties
    }

    static func share(_ node: JSONNode?) throws(ScenarioError) -> Double {
        guard let node else { return 0 }
        let text = try node.text()
        guard let share = Quantity.share(text) else {
            throw .structural(node.position, "\"\(text)\" is no share: expected \(TextKind.share.allowed)")
        }
        return share
    }

    private static func rate(_ node: JSONNode) throws(ScenarioError) -> Int {
        let text = try node.text()
        guard let rate = Quantity.rate(text), (1_000...100_000_000_000).contains(rate) else {
            throw ScenarioError(at: node.position, "\"\(text)\" is out of range: expected 1kbit to 100gbit")
        }
        return rate
    }

    private static func head(
        _ node: JSONNode, _ what: String, _ taken: inout [String: String]
    ) throws(ScenarioError) -> (name: String, object: ObjectReader) {
        let object = ObjectReader(node)
        let nameNode: JSONNode
        if case .string = node.value { nameNode = node } else { nameNode = try object.required("name") }
        let name = try nameNode.text()
        try MachineReader.claim(name, what, &taken, at: nameNode.position)
        return (name, object)
    }

    private static func nat(_ node: JSONNode) throws(ScenarioError) -> NATPlan {
        let object = ObjectReader(node)
        let kindNode: JSONNode
        if case .string = node.value { kindNode = node } else { kindNode = try object.required("kind") }
        var plan = NATPlan(kind: try kind(kindNode))
        if let timeout = object.optional("mapping-timeout") { plan.mappingTimeout = try timeout.duration(shortest: .seconds(1)) }
        return plan
    }

    static func kind(_ node: JSONNode) throws(ScenarioError) -> NATPlan.Kind {
        NATPlan.Kind(rawValue: try node.text()) ?? .endpointIndependent
    }
}
