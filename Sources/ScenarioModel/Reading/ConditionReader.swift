import Basics
import ControlProtocol
import MeshModel

/// Reads what a check looks at.
struct ConditionReader {
    static let names = ["ping", "peer", "coordinator", "identity", "message"]
    /// The bound of a message whose check gives none: the messenger's own default.
    static let messageBound = Duration.seconds(5)

    let selectors: SelectorReader

    func read(_ node: JSONNode) throws(ScenarioError) -> Condition {
        let object = try ObjectReader(node, "a condition", allowed: Self.names)
        let (name, value) = try object.exactlyOne(of: Self.names)
        switch name {
        case "ping":
            let (from, to, _) = try pairs(value, "a ping", allowed: [])
            return .ping(from: from, to: to, over: .mesh)
        case "peer": return try peer(value)
        case "coordinator": return try coordinator(value)
        case "identity":
            let object = try ObjectReader(value, "an identity", allowed: ["of", "is"])
            _ = try object.required("is").word(among: ["unchanged"], "state of an identity")
            return .sameIdentity(try selectors.machines(try object.required("of")))
        default: return try message(value)
        }
    }

    private func peer(_ node: JSONNode) throws(ScenarioError) -> Condition {
        let object = try ObjectReader(node, "a peer", allowed: ["of", "on", "is"])
        let state = try object.required("is").word(among: ["present", "absent"], "state of a peer")
        let ofNode = try object.required("of")
        let machine = try selectors.machine(ofNode)
        let onNode = try object.required("on")
        let places = try selectors.machines(onNode)
        guard !places.contains(machine) else {
            throw ScenarioError(at: onNode.position, "\"\(machine)\" is no peer of itself: leave it out")
        }
        return .peer(of: machine, on: places, present: state == "present")
    }

    private func coordinator(_ node: JSONNode) throws(ScenarioError) -> Condition {
        let object = try ObjectReader(node, "a coordinator's view", allowed: ["sees", "as"])
        let liveness = try object.required("as").word(among: Liveness.allCases.map(\.rawValue), "liveness")
        return .coordinatorSees(try selectors.machines(try object.required("sees")), as: liveness)
    }

    private func message(_ node: JSONNode) throws(ScenarioError) -> Condition {
        let (from, to, object) = try pairs(node, "a message", allowed: ["ends", "because", "bound"])
        let ends = try object?.optional("ends")?.word(among: ["delivered", "failed"], "end of a message") ?? "delivered"
        let bound = try object?.optional("bound")?.duration(longest: .seconds(60)) ?? Self.messageBound
        let reasons = try reasons(object, ends)
        return .message(
            from: from, to: to, outcome: MessageOutcome(delivered: ends == "delivered", reasons: reasons, bound: bound))
    }

    private func reasons(_ object: ObjectReader?, _ ends: String) throws(ScenarioError) -> [String] {
        guard let object, let node = object.optional("because") else { return [] }
        if ends == "delivered" { try object.forbid(["because"], because: "only a message that \"ends\" \"failed\" has a reason") }
        var reasons: [String] = []
        for element in try node.elements("a list of reasons") {
            reasons.append(try element.word(among: SendResult.Reason.allCases.map(\.rawValue), "reason"))
        }
        guard !reasons.isEmpty else { throw ScenarioError(at: node.position, "the list of reasons is empty") }
        return reasons
    }

    /// A selector (each to each other among them) or an object with `from` and `to`.
    private func pairs(
        _ node: JSONNode, _ what: String, allowed: [String]
    ) throws(ScenarioError) -> (from: [String], to: [String], object: ObjectReader?) {
        var object: ObjectReader?
        var from: [String]
        var to: [String]
        if case .object(let members) = node.value, !members.contains(where: { $0.name == "except" }) {
            let reader = try ObjectReader(node, what, allowed: ["among", "from", "to"] + allowed)
            if let among = reader.optional("among") {
                try reader.forbid(["from", "to"], because: "\"among\" says it already")
                from = try selectors.machines(among)
                to = from
            } else {
                from = try selectors.machines(try reader.required("from"))
                to = try selectors.machines(try reader.required("to"))
            }
            object = reader
        } else {
            from = try selectors.machines(node)
            to = from
        }
        guard from.contains(where: { source in to.contains { $0 != source } }) else {
            throw ScenarioError(at: node.position, "\(what) needs two different machines at least")
        }
        return (from, to, object)
    }
}
