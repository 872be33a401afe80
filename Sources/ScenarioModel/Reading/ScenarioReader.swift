import Basics
import MeshModel

extension Scenario {
    /// Reads a scenario from the text of its file, and resolves everything in it. The same text, seed and settings give the same scenario.
    ///
    /// - Parameters:
    ///   - file: the name that errors carry.
    ///   - seed: where random choices start, instead of what the file says.
    ///   - settings: values for the file's parameters, by name. Read as JSON, except where the parameter is a text.
    /// - Throws: the first thing that is wrong.
    public init(
        parsing text: String, file: String, seed: UInt64? = nil, settings: [String: String] = [:]
    ) throws(ScenarioError) {
        do {
            self = try ScenarioReader.read(try JSONParser.parse(text), seed: seed, settings: settings)
        } catch {
            var located = error
            located.file = file
            throw located
        }
    }
}

/// Reads the outer object of a scenario.
enum ScenarioReader {
    static func read(_ root: JSONNode, seed: UInt64?, settings: [String: String]) throws(ScenarioError) -> Scenario {
        try checkVersion(root)
        var parameters = try ParameterReader(root, settings: settings)
        let node = try parameters.filled(root)
        try Shape.object(Grammar.scenario).check(node)
        let object = ObjectReader(node)
        let written = try object.optional("seed").map(self.seed)
        let seed = seed ?? written ?? 1
        let topology = try NetworkReader.read(object.optional("network"))
        let machines = try MachineReader.read(try object.required("machines"), topology)
        var selectors = SelectorReader(
            cast: Cast(machines: machines, topology: topology), choices: RandomChoices(seed: seed))
        let system = try SystemReader(selectors: selectors).read(object)
        if case .commands(let commands) = system { selectors = selectors.with(services: commands.services) }
        var steps = StepReader(selectors: selectors)
        var scenario = Scenario(
            name: try object.required("name").text(), title: try object.optional("title")?.text() ?? "", seed: seed,
            machines: machines, system: system, steps: [])
        scenario.parameters = parameters.texts
        scenario.topology = topology
        scenario.labels = try words(object.optional("labels"))
        scenario.milestones = try milestones(object.optional("milestones"))
        for node in try object.optional("invariants")?.elements() ?? [] {
            scenario.invariants.append(try steps.invariant(node))
        }
        scenario.steps = try steps.read(all: try object.required("steps"))
        if let recovery = object.optional("recovery") { scenario.recovery = try self.recovery(recovery, steps) }
        return scenario
    }

    /// Comes first: a file of another version may have other words.
    private static func checkVersion(_ root: JSONNode) throws(ScenarioError) {
        guard let version = root.members.first(where: { $0.name == "version" })?.value, case .number(let number) = version.value,
            number != Double(Scenario.languageVersion)
        else { return }
        throw .structural(
            version.position, "found version \(version.summary), this lab reads version \(Scenario.languageVersion)")
    }

    private static func seed(_ node: JSONNode) throws(ScenarioError) -> UInt64 {
        guard case .string(let text) = node.value else { return UInt64(try node.integer()) }
        guard let seed = UInt64(text) else {
            throw ScenarioError(at: node.position, "\"\(text)\" is out of range: expected a seed from 0 to \(UInt64.max)")
        }
        return seed
    }

    private static func recovery(_ node: JSONNode, _ steps: StepReader) throws(ScenarioError) -> RecoveryPlan {
        let object = ObjectReader(node)
        var plan = RecoveryPlan(within: try object.optional("within")?.duration() ?? .seconds(20))
        let conditions = steps.conditions
        plan.conditions = try object.optional("conditions")?.map { node throws(ScenarioError) in try conditions.read(node) } ?? []
        return plan
    }

    /// A list of words, none of them twice.
    static func words(_ node: JSONNode?) throws(ScenarioError) -> [String] {
        var words: [String] = []
        for element in try node?.elements() ?? [] {
            let word = try element.text()
            guard !words.contains(word) else { throw ScenarioError(at: element.position, "\"\(word)\" stands twice in the list") }
            words.append(word)
        }
        return words
    }

    /// A list of milestones, none of them twice.
    static func milestones(_ node: JSONNode?) throws(ScenarioError) -> [Int] {
        var numbers: [Int] = []
        for element in try node?.elements() ?? [] {
            let number = try element.integer()
            guard !numbers.contains(number) else {
                throw ScenarioError(at: element.position, "\(number) stands twice in the list")
            }
            numbers.append(number)
        }
        return numbers
    }
}
