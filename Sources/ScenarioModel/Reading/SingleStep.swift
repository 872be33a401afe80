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
            let selectors = SelectorReader(machines: machineNames)
            var reader = StepReader(selectors: selectors, partitions: Set(faults))
            let step = try reader.read(try JSONParser.parse(text))
            try reader.finish()
            return step
        } catch {
            var located = error
            located.file = source
            throw located
        }
    }
}
