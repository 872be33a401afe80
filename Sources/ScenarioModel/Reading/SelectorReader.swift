import Basics
import MeshModel

/// Resolves selectors against the scenario's machines.
///
/// `"all"`, `"ash"`, `["ash", "birch"]`, `{"except": ["cedar"]}`; with a service where one is allowed: `"ash/agent"`, `"all/messenger"`.
struct SelectorReader {
    /// The services that a machine of the mesh runs, in the order in which they start.
    static let services = ["agent", "messenger"]
    static let coordinatorService = "coordinator"

    let machines: [String]

    /// One or more machines of the mesh.
    func machines(_ node: JSONNode) throws(ScenarioError) -> [String] {
        let target = try target(node, coordinatorAllowed: false)
        guard target.service == nil else {
            throw ScenarioError(
                at: node.position, "found a service, expected whole machines: leave out \"/\(target.service ?? "")\"")
        }
        return target.machines
    }

    /// Exactly one machine of the mesh.
    func machine(_ node: JSONNode) throws(ScenarioError) -> String {
        let name = try node.text("the name of a machine")
        guard name != "all" else { throw ScenarioError(at: node.position, "found \"all\", expected one machine") }
        return try resolve(name, at: node.position, coordinatorAllowed: false).machines[0]
    }

    /// Machines, or one service on them.
    func target(_ node: JSONNode, coordinatorAllowed: Bool = true) throws(ScenarioError) -> Target {
        switch node.value {
        case .string(let text):
            return try resolve(text, at: node.position, coordinatorAllowed: coordinatorAllowed)
        case .array(let elements):
            return try join(elements, at: node.position, coordinatorAllowed: coordinatorAllowed)
        case .object:
            let object = try ObjectReader(node, "a selector", allowed: ["except"])
            let excluded = try machines(try object.required("except"))
            let rest = machines.filter { !excluded.contains($0) }
            guard !rest.isEmpty else { throw ScenarioError(at: node.position, "nothing is left: every machine is excepted") }
            return Target(machines: rest, service: nil)
        default:
            throw ScenarioError(
                at: node.position,
                "found \(node.summary), expected machines: \"all\", a name, a list of names, or {\"except\": …}")
        }
    }

    private func join(_ elements: [JSONNode], at position: SourcePosition, coordinatorAllowed: Bool) throws(ScenarioError)
        -> Target
    {
        guard let first = elements.first else { throw ScenarioError(at: position, "the list of machines is empty") }
        var chosen: Set<String> = []
        var service: String?
        for element in elements {
            let text = try element.text("the name of a machine")
            let target = try resolve(text, at: element.position, coordinatorAllowed: coordinatorAllowed)
            if element.position != first.position, target.service != service {
                throw ScenarioError(
                    at: element.position, "a list names either whole machines or one service: \"\(text)\" differs")
            }
            service = target.service
            for name in target.machines where !chosen.insert(name).inserted {
                throw ScenarioError(at: element.position, "\"\(name)\" stands twice in the list")
            }
        }
        return Target(machines: ([Scenario.coordinatorMachine] + machines).filter(chosen.contains), service: service)
    }

    private func resolve(_ text: String, at position: SourcePosition, coordinatorAllowed: Bool) throws(ScenarioError) -> Target {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let isCoordinator = parts[0] == Scenario.coordinatorMachine
        let known = ["all"] + machines + (coordinatorAllowed ? [Scenario.coordinatorMachine] : [])
        guard known.contains(parts[0]) else {
            let hint = ObjectReader.hint(parts[0], among: known)
            throw ScenarioError(at: position, "there is no machine \"\(parts[0])\"\(hint) Known: \(ObjectReader.list(known))")
        }
        if parts.count == 2 {
            let services = isCoordinator ? [Self.coordinatorService] : Self.services
            guard services.contains(parts[1]) else {
                throw ScenarioError(
                    at: position, "\"\(parts[0])\" has no service \"\(parts[1])\". Allowed: \(ObjectReader.list(services))")
            }
        }
        return Target(machines: parts[0] == "all" ? machines : [parts[0]], service: parts.count == 2 ? parts[1] : nil)
    }
}
