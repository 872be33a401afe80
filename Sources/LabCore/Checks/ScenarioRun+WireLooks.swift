import ScenarioModel

extension ScenarioRun {
    func lookAtWire(_ expectation: WireExpectation) async throws -> Look { Look(.unknown, "nothing was captured") }
}
