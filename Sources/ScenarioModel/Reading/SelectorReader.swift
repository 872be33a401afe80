import Basics

/// Resolves selectors to machines.
struct SelectorReader {
    let cast: Cast
    let choices: RandomChoices

    /// One or more machines, without the coordinator's unless it is allowed.
    func machines(_ node: JSONNode, coordinatorAllowed: Bool = false) throws(ScenarioError) -> [String] {
        let target = try target(node, coordinatorAllowed: coordinatorAllowed)
        if let service = target.service {
            throw ScenarioError(at: node.position, "found the service \"\(service)\", expected whole machines")
        }
        return target.machines
    }

    /// Exactly one machine of the mesh.
    func machine(_ node: JSONNode) throws(ScenarioError) -> String {
        let machines = try machines(node)
        guard machines.count == 1 else {
            throw ScenarioError(at: node.position, "found \(machines.count) machines, expected one")
        }
        return machines[0]
    }

    /// A service on machines.
    func service(_ node: JSONNode) throws(ScenarioError) -> Target {
        let target = try target(node)
        guard target.service != nil else {
            throw ScenarioError(at: node.position, "found whole machines, expected a service, such as \"\(exampleService)\"")
        }
        return target
    }

    var exampleService: String { "\(cast.names.first ?? "all")/\(cast.serviceNames.first ?? "agent")" }

    /// Machines, or one service on them.
    func target(_ node: JSONNode, coordinatorAllowed: Bool = true) throws(ScenarioError) -> Target {
        let allowed = coordinatorAllowed && cast.isWarren
        switch node.value {
        case .string(let text): return try resolve(text, at: node.position, allowed)
        case .array(let elements): return try join(elements, at: node.position, allowed)
        default:
            let object = ObjectReader(node)
            if let service = object.optional("service") { return try self.service(service, object, allowed) }
            let machines = try choose(object, allowed)
            try choices.count(machines, at: node.position)
            return Target(machines: machines, service: nil)
        }
    }

    private func service(_ node: JSONNode, _ object: ObjectReader, _ coordinatorAllowed: Bool) throws(ScenarioError) -> Target {
        let service = try node.text()
        let on = try object.required("on")
        if case .string("all") = on.value { return try everywhere(service, at: node.position) }
        let machines = try machines(on, coordinatorAllowed: coordinatorAllowed)
        for machine in machines { try require(service, on: machine, at: node.position) }
        return Target(machines: machines, service: service)
    }

    /// The service wherever it is.
    private func everywhere(_ service: String, at position: SourcePosition) throws(ScenarioError) -> Target {
        let machines = cast.machines(with: service)
        guard !machines.isEmpty else {
            let hint = ObjectReader.hint(service, among: cast.serviceNames)
            throw ScenarioError(
                at: position, "no machine has a service \"\(service)\"\(hint) Allowed: \(ObjectReader.list(cast.serviceNames))")
        }
        return Target(machines: machines, service: service)
    }

    private func require(_ service: String, on machine: String, at position: SourcePosition) throws(ScenarioError) {
        let services = cast.services(on: machine)
        guard !services.contains(service) else { return }
        throw ScenarioError(
            at: position,
            "\"\(machine)\" has no service \"\(service)\"\(ObjectReader.hint(service, among: services)) "
                + "Allowed: \(ObjectReader.list(services))")
    }

    private func join(_ elements: [JSONNode], at position: SourcePosition, _ coordinatorAllowed: Bool) throws(ScenarioError)
        -> Target
    {
        var chosen: Set<String> = []
        var service: String?
        for (index, element) in elements.enumerated() {
            let text = try element.text()
            let target = try resolve(text, at: element.position, coordinatorAllowed)
            if index > 0, target.service != service {
                throw ScenarioError(
                    at: element.position, "a list names either whole machines or one service: \"\(text)\" differs")
            }
            service = target.service
            for name in target.machines where !chosen.insert(name).inserted {
                throw ScenarioError(at: element.position, "\"\(name)\" stands twice in the list")
            }
        }
        let machines = cast.sorted(chosen)
        try choices.count(machines, at: position)
        return Target(machines: machines, service: service)
    }

    /// A name, perhaps with a service.
    private func resolve(_ text: String, at position: SourcePosition, _ coordinatorAllowed: Bool) throws(ScenarioError) -> Target
    {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let machines = try machines(parts[0], at: position, coordinatorAllowed)
        guard parts.count == 2 else { return Target(machines: machines, service: nil) }
        if parts[0] == "all" { return try everywhere(parts[1], at: position) }
        for machine in machines { try require(parts[1], on: machine, at: position) }
        return Target(machines: machines, service: parts[1])
    }

    private func machines(_ name: String, at position: SourcePosition, _ coordinatorAllowed: Bool) throws(ScenarioError)
        -> [String]
    {
        if name == "all" { return cast.names }
        if cast.has(name) { return [name] }
        if name.hasPrefix("$") { return try chosen(name, at: position) }
        let isCoordinator = name == Scenario.coordinatorMachine
        if isCoordinator, coordinatorAllowed { return [name] }
        if isCoordinator {
            let reason = cast.isWarren ? "it is not a machine of the mesh" : "only Warren has one, and this system is another"
            throw ScenarioError(at: position, "the coordinator's machine cannot stand here: \(reason)")
        }
        let known = ["all"] + cast.names + (coordinatorAllowed ? [Scenario.coordinatorMachine] : [])
        let hint = ObjectReader.hint(name, among: known)
        throw ScenarioError(at: position, "there is no machine \"\(name)\"\(hint) Known: \(ObjectReader.list(known))")
    }

    private func chosen(_ text: String, at position: SourcePosition) throws(ScenarioError) -> [String] {
        let name = String(text.dropFirst())
        if let machines = choices.named[name] { return machines }
        let hint = NearestWord.to(name, among: choices.named.keys).map { "; did you mean \"$\($0)\"?" } ?? "."
        throw ScenarioError(
            at: position, "nothing before this was chosen \"as\": \"\(name)\"\(hint) Known: \(Self.known(choices.named.keys))")
    }

    private static func known(_ names: some Collection<String>) -> String {
        names.isEmpty ? "none" : ObjectReader.list(names.sorted().map { "$\($0)" })
    }
}
