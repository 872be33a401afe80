import Basics

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
            // A list of one step is read as the steps of a file are.
            let list = JSONNode(value: .array([node]), position: node.position)
            try Grammar.definition("step").check(node)
            var selectors = SelectorReader(
                cast: Cast(machines: machines, topology: topology), choices: RandomChoices(seed: seed))
            if case .commands(let commands) = system { selectors = selectors.with(services: commands.services) }
            var reader = StepReader(selectors: selectors)
            for fault in faults { reader.faults[fault] = false }
            guard let step = try reader.read(all: list).first else {
                throw ScenarioError(at: node.position, "there is no step")
            }
            return step
        } catch {
            var located = error
            located.file = source
            throw located
        }
    }
}
