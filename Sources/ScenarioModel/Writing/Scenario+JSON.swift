import Basics
import NetworkModel

extension Scenario {
    /// The scenario as a scenario file, with everything in it resolved: no random choice, no repetition and no parameter is left open.
    /// Reading it gives the same scenario again, but for the positions of its steps.
    public func json() -> String { JSONText.pretty(ScenarioWriter(self).file()) + "\n" }
}

/// Writes a resolved scenario.
struct ScenarioWriter {
    let scenario: Scenario
    let selectors: SelectorWriter

    init(_ scenario: Scenario) {
        self.scenario = scenario
        var cast = Cast(machines: scenario.machines, topology: scenario.topology)
        if case .commands(let system) = scenario.system { cast.services = system.services }
        selectors = SelectorWriter(cast: cast)
    }

    /// The whole file.
    func file() -> JSONNode {
        let parameters = scenario.parameters.sorted { $0.key < $1.key }
            .map { ($0.key, try? JSONParser.parse($0.value)) }
        return JSONNode([
            ("version", JSONNode(Scenario.languageVersion)),
            ("name", JSONNode(scenario.name)),
            ("title", scenario.title.isEmpty ? nil : .escaped(scenario.title)),
            ("seed", scenario.seed <= 1 << 53 ? JSONNode(Int(scenario.seed)) : JSONNode("\(scenario.seed)")),
            ("parameters", parameters.isEmpty ? nil : JSONNode(parameters)),
            ("labels", scenario.labels.isEmpty ? nil : JSONNode(scenario.labels)),
            ("milestones", scenario.milestones.isEmpty ? nil : JSONNode(scenario.milestones)),
            ("coordinator", coordinator), ("system", system), ("network", network),
            ("machines", JSONNode(scenario.machines.map(machine))),
            ("invariants", scenario.invariants.isEmpty ? nil : JSONNode(scenario.invariants.map(invariant))),
            ("steps", JSONNode(scenario.steps.map(step))),
            ("recovery", recovery),
        ])
    }

    private var coordinator: JSONNode? {
        guard case .warren(let timing) = scenario.system, timing != SystemPlan.Timing() else { return nil }
        return JSONNode([
            ("heartbeat-interval", timing.heartbeatInterval.map { .duration($0) }),
            ("suspect-after", timing.suspectAfter.map { .duration($0) }),
            ("unresponsive-after", timing.unresponsiveAfter.map { .duration($0) }),
            ("pool", timing.pool.map { JSONNode("\($0)") }),
            ("address-quarantine", timing.addressQuarantine.map { .duration($0) }),
        ])
    }

    private var recovery: JSONNode {
        let conditions = scenario.recovery.conditions.map(condition)
        return JSONNode([
            ("within", .duration(scenario.recovery.within)), ("conditions", conditions.isEmpty ? nil : JSONNode(conditions)),
        ])
    }

    private func invariant(_ step: Step) -> JSONNode {
        guard case .check(let check) = step.kind, case .lastingUntil(let expected, _) = check.mode else {
            return JSONNode([(String, JSONNode?)]())
        }
        let members: [(String, JSONNode?)] = [
            ("id", JSONNode(step.id)), (expected ? "always" : "never", condition(check.condition)),
        ]
        return JSONNode(members + about(check))
    }

    /// What a check shows and answers for.
    func about(_ check: Check) -> [(String, JSONNode?)] {
        [
            ("title", check.title.map { .escaped($0) }),
            ("claims", check.claims.isEmpty ? nil : JSONNode(check.claims)),
            ("milestones", check.milestones.isEmpty ? nil : JSONNode(check.milestones)),
        ]
    }
}

extension JSONNode {
    static func duration(_ duration: Duration) -> JSONNode { JSONNode(Quantity.text(duration: duration)) }

    /// A text in which nothing is taken for a parameter.
    static func escaped(_ text: String) -> JSONNode {
        var result = ""
        var rest = Substring(text)
        while let start = rest.firstIndex(of: "$") {
            result += rest[..<start]
            rest = rest[start...]
            let isOpening = rest.hasPrefix("${")
            let isTemplate = isOpening && rest.hasPrefix("${machine.") && rest.contains("}")
            result += isOpening && !isTemplate ? "$$" : "$"
            rest = rest.dropFirst()
        }
        return JSONNode(result + rest)
    }

    static func escaped(_ texts: [String]) -> JSONNode { JSONNode(texts.map { escaped($0) }) }

    static func escaped(_ texts: [String: String]) -> JSONNode {
        JSONNode(texts.sorted { $0.key < $1.key }.map { ($0.key, Optional(escaped($0.value))) })
    }
}
