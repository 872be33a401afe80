import MeshModel
import NetworkModel

/// Reads the machines.
enum MachineReader {
    static func read(_ node: JSONNode, _ topology: Topology) throws(ScenarioError) -> [MachinePlan] {
        var elements = [node]
        if case .array(let list) = node.value { elements = list }
        let cast = Cast(machines: [], topology: topology)
        var taken = Dictionary(uniqueKeysWithValues: cast.places.map { ($0, "a place") })
        var machines: [MachinePlan] = []
        for element in elements {
            for machine in try plans(element, cast) {
                try claim(machine.name, "a machine", &taken, at: element.position)
                machines.append(machine)
            }
            guard machines.count <= Scenario.machineLimit else {
                throw ScenarioError(
                    at: element.position,
                    "these are more than \(Scenario.machineLimit) machines, the most that a scenario may have")
            }
        }
        return machines
    }

    /// Takes a name for a machine, a switch or a site.
    static func claim(
        _ name: String, _ what: String, _ taken: inout [String: String], at position: SourcePosition
    ) throws(ScenarioError) {
        guard name != "all", name != Scenario.coordinatorMachine, name != Topology.backbone else {
            throw ScenarioError(at: position, "\"\(name)\" has a meaning of its own: choose another name")
        }
        guard let owner = taken.updateValue(what, forKey: name) else { return }
        let complaint =
            owner == what ? "\(what.dropFirst(2)) \"\(name)\" stands twice" : "\"\(name)\" is the name of \(owner) already"
        throw ScenarioError(at: position, complaint)
    }

    /// One machine, or several of the same kind.
    private static func plans(_ node: JSONNode, _ cast: Cast) throws(ScenarioError) -> [MachinePlan] {
        if case .string(let name) = node.value { return [MachinePlan(name: name)] }
        let object = ObjectReader(node)
        let nameNode = try object.required("name")
        let name = try nameNode.text()
        var plan = MachinePlan(name: name)
        plan.labels = try ScenarioReader.words(object.optional("labels"))
        if let place = object.optional("place") { plan.place = try cast.place(place) }
        if let link = object.optional("link") { plan.link = try NetworkReader.link(link) }
        guard let count = try object.optional("count")?.integer() else { return [plan] }
        // "m1" is name enough, unless "m1" could be the first of "m" or the name itself.
        let hyphen = name.last?.isNumber == true ? "-" : ""
        return try (1...count).map { number throws(ScenarioError) in
            var machine = plan
            machine.name = "\(name)\(hyphen)\(number)"
            guard MachineName(machine.name) != nil else {
                throw ScenarioError(at: nameNode.position, "\"\(machine.name)\" is no name: expected \(MachineName.allowed)")
            }
            return machine
        }
    }
}
