import Basics
import MeshModel

extension Scenario {
    /// Reads a scenario from the text of its file.
    ///
    /// - Parameter file: the name that errors carry.
    /// - Throws: the first thing that is wrong.
    public init(
        parsing text: String, file: String, seed: UInt64? = nil, settings: [String: String] = [:]
    ) throws(ScenarioError) {
        do {
            self = try ScenarioReader.read(try JSONParser.parse(text))
            if let seed { self.seed = seed }
        } catch {
            var located = error
            located.file = file
            throw located
        }
    }
}

/// Reads the outer object of a scenario.
enum ScenarioReader {
    static let names = ["$schema", "version", "name", "title", "seed", "coordinator", "machines", "steps"]
    /// The most steps that one scenario may have.
    static let stepLimit = 10_000

    static func read(_ node: JSONNode) throws(ScenarioError) -> Scenario {
        let object = try ObjectReader(node, "a scenario", allowed: names)
        let version = try object.required("version")
        guard case .number(Double(Scenario.languageVersion)) = version.value else {
            throw ScenarioError(
                at: version.position, "found version \(version.summary), this lab reads version \(Scenario.languageVersion)")
        }
        let name = try object.required("name")
        let machines = try readMachines(try object.required("machines"))
        let stepNode = try object.required("steps")
        let stepNodes = try stepNode.elements("a list of steps")
        guard (1...stepLimit).contains(stepNodes.count) else {
            throw ScenarioError(at: stepNode.position, "found \(stepNodes.count) steps, expected 1 to \(stepLimit)")
        }
        var reader = StepReader(selectors: SelectorReader(machines: machines))
        var steps: [Step] = []
        for stepNode in stepNodes { steps.append(try reader.read(stepNode)) }
        try reader.finish()
        return Scenario(
            name: try machineName(name), title: try object.optional("title")?.boundedText("a title", limit: 200) ?? "",
            seed: UInt64(try object.optional("seed")?.integer("a seed", in: 0...(1 << 53)) ?? 1),
            machines: machines.map { MachinePlan(name: $0) },
            system: .warren(try object.optional("coordinator").map(readTiming) ?? Timing()), steps: steps)
    }

    typealias Timing = SystemPlan.Timing

    private static func machineName(_ node: JSONNode) throws(ScenarioError) -> String {
        let text = try node.text("a name: \(MachineName.allowed)")
        guard MachineName(text) != nil else {
            throw ScenarioError(at: node.position, "\"\(text)\" is no name: expected \(MachineName.allowed)")
        }
        return text
    }

    private static func readMachines(_ node: JSONNode) throws(ScenarioError) -> [String] {
        let elements = try node.elements("a list of machine names")
        guard (1...Scenario.machineLimit).contains(elements.count) else {
            throw ScenarioError(at: node.position, "found \(elements.count) machines, expected 1 to \(Scenario.machineLimit)")
        }
        var names: [String] = []
        for element in elements {
            let name = try machineName(element)
            guard name != "all", name != Scenario.coordinatorMachine else {
                throw ScenarioError(at: element.position, "\"\(name)\" has a meaning of its own: choose another name")
            }
            guard !names.contains(name) else { throw ScenarioError(at: element.position, "machine \"\(name)\" stands twice") }
            names.append(name)
        }
        return names
    }

    private static func readTiming(_ node: JSONNode) throws(ScenarioError) -> Timing {
        let object = try ObjectReader(
            node, "the coordinator's settings", allowed: ["heartbeat-interval", "suspect-after", "unresponsive-after"])
        let timing = Timing(
            heartbeatInterval: try object.optional("heartbeat-interval")?.duration(),
            suspectAfter: try object.optional("suspect-after")?.duration(),
            unresponsiveAfter: try object.optional("unresponsive-after")?.duration())
        if let suspect = timing.suspectAfter, let unresponsive = timing.unresponsiveAfter, suspect >= unresponsive {
            throw ScenarioError(at: node.position, "\"suspect-after\" must be shorter than \"unresponsive-after\"")
        }
        if let interval = timing.heartbeatInterval, let suspect = timing.suspectAfter, interval >= suspect {
            throw ScenarioError(at: node.position, "\"heartbeat-interval\" must be shorter than \"suspect-after\"")
        }
        return timing
    }
}
