import Basics

extension ScenarioWriter {
    func condition(_ condition: Condition) -> JSONNode {
        let (word, value) = word(condition)
        return JSONNode([(word, value)])
    }

    private func word(_ condition: Condition) -> (String, JSONNode) {
        switch condition {
        case .ping(let from, let to, let over):
            return ("ping", pairs(from, to, [("over", over == .mesh ? nil : JSONNode(over.rawValue))]))
        case .groups(let groups): return ("groups", JSONNode(groups.map(selectors.machines)))
        case .untouched(let loss): return ("untouched", JSONNode([("loss", JSONNode(Quantity.text(share: loss)))]))
        case .peer(let machine, let on, let isPresent):
            return (
                "peer",
                JSONNode([
                    ("of", JSONNode(machine)), ("on", selectors.machines(on)), ("is", JSONNode(isPresent ? "present" : "absent")),
                ])
            )
        case .peersComplete(let on): return ("peers-complete", selectors.machines(on))
        case .handshake(let from, let to, let age): return ("handshake", pairs(from, to, [("younger-than", .duration(age))]))
        case .coordinatorSees(let list, let liveness):
            return ("coordinator", JSONNode([("sees", selectors.machines(list)), ("as", JSONNode(liveness))]))
        case .truth(let online, let offline):
            return ("truth", JSONNode([("false-online", .duration(online)), ("false-offline", .duration(offline))]))
        case .sameIdentity(let list):
            return ("identity", JSONNode([("of", selectors.machines(list)), ("is", JSONNode("unchanged"))]))
        case .uniqueAddresses(let list):
            return ("addresses", JSONNode([("of", selectors.machines(list)), ("are", JSONNode("unique"))]))
        case .message(let from, let to, let outcome): return ("message", message(from, to, outcome))
        case .messagesAccountedFor(let list, let least):
            return (
                "messages",
                JSONNode([
                    ("of", selectors.machines(list)), ("are", JSONNode("accounted-for")), ("at-least", JSONNode(least)),
                ])
            )
        case .wire(let expectation): return ("wire", wire(expectation))
        default: return program(condition)
        }
    }

    private func program(_ condition: Condition) -> (String, JSONNode) {
        func of(_ target: Target, _ members: [(String, JSONNode?)]) -> JSONNode {
            JSONNode([("of", Optional(selectors.target(target)))] + members)
        }
        switch condition {
        case .service(let target, let state): return ("service", of(target, [("is", JSONNode(state.rawValue))]))
        case .memory(let target, let bytes): return ("memory", of(target, [("below", JSONNode("\(bytes)B"))]))
        case .descriptors(let target, let count): return ("files", of(target, [("below", JSONNode(count))]))
        case .log(let target, let pattern):
            return (
                "log",
                of(
                    target,
                    [
                        ("where", pattern.fields.isEmpty ? nil : .escaped(pattern.fields)),
                        ("contains", pattern.contains.map { .escaped($0) }), ("since", pattern.since.map { JSONNode($0) }),
                        ("at-least", JSONNode(pattern.atLeast)), ("at-most", pattern.atMost.map { JSONNode($0) }),
                    ])
            )
        case .command(let expectation, let on):
            return (
                "command",
                JSONNode([
                    ("on", selectors.machines(on)), ("run", .escaped(expectation.command)),
                    ("exits", JSONNode(Int(expectation.exits))), ("prints", expectation.prints.map { .escaped($0) }),
                    ("within", .duration(expectation.within)),
                ])
            )
        default: return ("ping", JSONNode("all"))
        }
    }

    private func message(_ from: [String], _ to: [String], _ outcome: MessageOutcome) -> JSONNode {
        pairs(
            from, to,
            [
                ("ends", JSONNode(outcome.delivered ? "delivered" : "failed")),
                ("because", outcome.reasons.isEmpty ? nil : JSONNode(outcome.reasons)), ("bound", .duration(outcome.bound)),
            ])
    }

    private func wire(_ expectation: WireExpectation) -> JSONNode {
        switch expectation {
        case .encrypted(let only): JSONNode([("is", JSONNode("encrypted")), ("only", JSONNode(only))])
        case .clearText: JSONNode([("is", JSONNode("clear-text"))])
        case .directPaths: JSONNode([("is", JSONNode("direct"))])
        }
    }

    private func pairs(_ from: [String], _ to: [String], _ members: [(String, JSONNode?)]) -> JSONNode {
        let ends: [(String, JSONNode?)] =
            from == to
            ? [("among", selectors.machines(from))] : [("from", selectors.machines(from)), ("to", selectors.machines(to))]
        return JSONNode(ends + members)
    }
}
