import Basics

extension ConditionReader {
    // MARK: Warren

    func warren(_ word: String, _ node: JSONNode, _ object: ObjectReader) throws(ScenarioError) -> Condition {
        switch word {
        case "peer": return try peer(object)
        case "peers-complete": return .peersComplete(on: try selectors.machines(node))
        case "handshake":
            let (from, to) = try pairs(node, "a handshake")
            return .handshake(
                from: from, to: to, youngerThan: try object.optional("younger-than")?.duration() ?? Self.handshakeAge)
        case "coordinator":
            let machines = try selectors.machines(try object.required("sees"))
            return .coordinatorSees(machines, as: try object.required("as").text())
        case "truth":
            return .truth(
                falseOnline: try object.required("false-online").duration(shortest: .zero),
                falseOffline: try object.required("false-offline").duration(shortest: .zero))
        case "identity": return .sameIdentity(try selectors.machines(try object.required("of")))
        case "addresses": return .uniqueAddresses(try selectors.machines(try object.required("of")))
        case "messages":
            return .messagesAccountedFor(
                of: try selectors.machines(try object.required("of")), atLeast: try object.optional("at-least")?.integer() ?? 1)
        default: return try message(node, object)
        }
    }

    private func peer(_ object: ObjectReader) throws(ScenarioError) -> Condition {
        let machine = try selectors.machine(try object.required("of"))
        let on = try object.required("on")
        let places = try selectors.machines(on)
        guard !places.contains(machine) else {
            throw ScenarioError(at: on.position, "\"\(machine)\" is no peer of itself: leave it out")
        }
        return .peer(of: machine, on: places, present: try object.required("is").text() == "present")
    }

    private func message(_ node: JSONNode, _ object: ObjectReader) throws(ScenarioError) -> Condition {
        let (from, to) = try pairs(node, "a message")
        let isDelivered = try object.optional("ends")?.text() != "failed"
        let reasons = object.optional("because")
        if let reasons, isDelivered {
            throw ScenarioError(at: reasons.position, "only a message that \"ends\" \"failed\" has a reason")
        }
        return .message(
            from: from, to: to,
            outcome: MessageOutcome(
                delivered: isDelivered, reasons: try ScenarioReader.words(reasons),
                bound: try object.optional("bound")?.duration(longest: .seconds(60)) ?? Self.messageBound))
    }

    // MARK: Programs

    func program(_ word: String, _ object: ObjectReader) throws(ScenarioError) -> Condition {
        if word == "command" { return try command(object) }
        let target = try selectors.service(try object.required("of"))
        switch word {
        case "service":
            return .service(target, ServiceState(rawValue: try object.required("is").text()) ?? .running)
        case "memory":
            let below = try object.required("below")
            let text = try below.text()
            guard let bytes = Quantity.size(text), (1...(1 << 50)).contains(bytes) else {
                throw ScenarioError(at: below.position, "\"\(text)\" is out of range: expected 1B to 1024 TiB")
            }
            return .memory(target, below: bytes)
        case "files": return .descriptors(target, below: try object.required("below").integer())
        default: return .log(target, try pattern(object))
        }
    }

    private func pattern(_ object: ObjectReader) throws(ScenarioError) -> LogPattern {
        var pattern = LogPattern()
        for member in object.optional("where")?.members ?? [] {
            pattern.fields[member.name] =
                if case .string(let text) = member.value.value { text } else { JSONText.compact(member.value) }
        }
        pattern.contains = try object.optional("contains")?.text()
        pattern.since = try object.optional("since").map(resolve)
        pattern.atMost = try object.optional("at-most")?.integer()
        pattern.atLeast = try object.optional("at-least")?.integer() ?? (pattern.atMost == nil ? 1 : 0)
        if let most = pattern.atMost, most < pattern.atLeast {
            throw ScenarioError(
                at: object.position, "no count is at least \(pattern.atLeast) and at most \(most)")
        }
        return pattern
    }

    private func command(_ object: ObjectReader) throws(ScenarioError) -> Condition {
        var expectation = CommandExpectation(command: try Template.command(try object.required("run")))
        expectation.exits = Int32(try object.optional("exits")?.integer() ?? 0)
        expectation.prints = try object.optional("prints")?.text()
        if let within = object.optional("within") { expectation.within = try within.duration() }
        return .command(expectation, on: try selectors.machines(try object.required("on"), coordinatorAllowed: true))
    }
}
