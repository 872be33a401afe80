extension Scenario {
    /// Reads one step that is not in the file, for a lab that is up: the same words, the same errors.
    ///
    /// - Parameters:
    ///   - text: the step as JSON.
    ///   - source: what errors carry in the place of a file.
    ///   - faults: the names of the faults that are on, which the step may heal.
    /// - Throws: the first thing that is wrong.
    public func step(parsing text: String, source: String, faults: [String]) throws(ScenarioError) -> Step {
        do throws(ScenarioError) {
            let node = try JSONParser.parse(text)
            try Grammar.step.check(node)
            var cast = Cast(machines: machines, topology: topology)
            if case .commands(let system) = system { cast.services = system.services }
            var reader = StepReader(selectors: SelectorReader(cast: cast, choices: RandomChoices(seed: seed)))
            for name in faults { reader.faults[name] = false }
            let steps = try reader.read(all: JSONNode(value: .array([node]), position: node.position))
            guard let step = steps.first, steps.count == 1 else {
                throw ScenarioError(at: node.position, "found \(steps.count) steps, expected one: no \"repeat\" here")
            }
            return step
        } catch {
            var located = error
            located.file = source
            throw located
        }
    }
}
