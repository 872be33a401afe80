import Basics
import NetworkModel

/// Reads what a check looks at.
struct ConditionReader {
    /// The bound of a message whose check gives none: the messenger's own default.
    static let messageBound = Duration.seconds(5)
    /// The age of a handshake whose check gives none: WireGuard refuses older sessions.
    static let handshakeAge = Duration.seconds(180)
    /// What Warren's machines say on the underlay: tunnels, the coordinator, and who has which address.
    static let warrenTraffic = ["udp/51820", "tcp/7400", "arp", "icmp6"]
    /// Look at Warren's own programs.
    static let warrenWords = [
        "peer", "peers-complete", "handshake", "coordinator", "truth", "identity", "addresses", "message", "messages",
    ]

    let selectors: SelectorReader
    /// The id of an earlier step.
    let resolve: (JSONNode) throws(ScenarioError) -> String

    func read(_ node: JSONNode) throws(ScenarioError) -> Condition {
        guard let member = node.members.first else { throw .structural(node.position, "a condition is missing") }
        if Self.warrenWords.contains(member.name), !selectors.cast.isWarren {
            throw ScenarioError(
                at: member.position,
                "\"\(member.name)\" looks at Warren's own programs, and this system is another: use \"ping\", \"groups\", \"command\" or \"log\""
            )
        }
        let object = ObjectReader(member.value)
        switch member.name {
        case "ping":
            let (from, to) = try pairs(member.value, "a ping")
            let over = try object.optional("over")?.text()
            return .ping(from: from, to: to, over: over.flatMap(Network.init(rawValue:)) ?? .mesh)
        case "groups": return .groups(try groups(object.optional("groups") ?? member.value))
        case "untouched": return .untouched(loss: try NetworkReader.share(object.optional("loss")))
        case "wire": return .wire(try wire(object))
        case "service", "memory", "files", "log", "command": return try program(member.name, object)
        default: return try warren(member.name, member.value, object)
        }
    }

    private func groups(_ node: JSONNode) throws(ScenarioError) -> [[String]] {
        var taken: Set<String> = []
        var groups: [[String]] = []
        for group in try node.elements() {
            let names = try selectors.machines(group)
            for name in names where !taken.insert(name).inserted {
                throw ScenarioError(at: group.position, "machine \"\(name)\" stands in two groups")
            }
            groups.append(names)
        }
        guard taken.count > 1 else { throw ScenarioError(at: node.position, "groups need two different machines at least") }
        return groups
    }

    private func wire(_ object: ObjectReader) throws(ScenarioError) -> WireExpectation {
        let state = try object.required("is")
        let only = object.optional("only")
        let word = try state.text()
        if word != "encrypted", let only {
            throw ScenarioError(at: only.position, "\"only\" goes with \"is\": \"encrypted\" alone")
        }
        switch word {
        case "clear-text": return .clearText
        case "direct": return .directPaths
        default:
            if only == nil, !selectors.cast.isWarren {
                throw ScenarioError(
                    at: state.position, "what another system than Warren says on the wire is not known: give \"only\"")
            }
            return .encrypted(only: try only.map(traffic) ?? Self.warrenTraffic)
        }
    }

    private func traffic(_ node: JSONNode) throws(ScenarioError) -> [String] {
        for element in try node.elements() {
            let text = try element.text()
            let port = text.split(separator: "/").dropFirst().first
            if let port, Int(port).map((1...65_535).contains) != true {
                throw ScenarioError(at: element.position, "\"\(text)\" is out of range: ports go from 1 to 65535")
            }
        }
        return try ScenarioReader.words(node)
    }

    /// A selector (each to each other among them), or an object with `from` and `to`, or with `among`.
    func pairs(_ node: JSONNode, _ what: String) throws(ScenarioError) -> (from: [String], to: [String]) {
        let object = ObjectReader(node)
        let from: [String]
        var to: [String]
        if let source = object.optional("from") {
            from = try selectors.machines(source)
            to = try selectors.machines(try object.required("to"))
        } else {
            from = try selectors.machines(object.optional("among") ?? node)
            to = from
        }
        guard from.count > 1 || to.contains(where: { $0 != from[0] }) else {
            throw ScenarioError(at: node.position, "\(what) needs two different machines at least")
        }
        return (from, to)
    }
}
