extension StepReader {
    /// What a check looks at, and what it answers for.
    func check(_ node: JSONNode, _ mode: Check.Mode, _ object: ObjectReader) throws(ScenarioError) -> Check {
        let condition = try conditions.read(node)
        if case .message = condition {
            guard case .eventually = mode else {
                throw ScenarioError(
                    at: node.position, "a message is sent, not looked at: expected \"eventually\" with \"ends\" for the outcome")
            }
        }
        if case .messagesAccountedFor = condition {
            guard case .eventually = mode else {
                throw ScenarioError(
                    at: node.position,
                    "messages are accounted for when all have ended: expected \"eventually\", or \"recovery\" for the end of the run"
                )
            }
        }
        var check = Check(title: try object.optional("title")?.text(), mode: mode, condition: condition)
        check.claims = try ScenarioReader.words(object.optional("claims"))
        check.milestones = try ScenarioReader.milestones(object.optional("milestones"))
        if let milestone = try object.optional("milestone")?.integer() { check.milestones = [milestone] }
        return check
    }

    /// How long a check goes on.
    mutating func mode(_ verb: String, _ object: ObjectReader) throws(ScenarioError) -> Check.Mode {
        let within = try object.optional("within")?.duration()
        let length = try object.optional("for")?.duration()
        let since = try object.optional("since").map { node throws(ScenarioError) in try earlier(node) }
        switch verb {
        case "eventually": return .eventually(within: within ?? .milliseconds(1), since: since)
        case "stays": return .stays(duration: length ?? .milliseconds(1), within: within ?? .seconds(1), since: since)
        default:
            if let length { return .lasting(expected: verb == "always", duration: length) }
            return .lastingUntil(expected: verb == "always", mark: try later(try object.required("until")))
        }
    }
}
