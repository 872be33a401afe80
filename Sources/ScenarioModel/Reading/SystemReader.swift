import Glibc
import MeshModel
import NetworkModel

/// Reads what runs on the machines.
struct SystemReader {
    let selectors: SelectorReader

    func read(_ scenario: ObjectReader) throws(ScenarioError) -> SystemPlan {
        let coordinator = scenario.optional("coordinator")
        guard let node = scenario.optional("system"), case .object = node.value else {
            return .warren(try coordinator.map(timing) ?? SystemPlan.Timing())
        }
        if let coordinator {
            throw ScenarioError(at: coordinator.position, "only Warren has a coordinator, and this system is another")
        }
        return .commands(try commands(ObjectReader(node)))
    }

    private func timing(_ node: JSONNode) throws(ScenarioError) -> SystemPlan.Timing {
        let object = ObjectReader(node)
        var timing = SystemPlan.Timing(
            heartbeatInterval: try object.optional("heartbeat-interval")?.duration(),
            suspectAfter: try object.optional("suspect-after")?.duration(),
            unresponsiveAfter: try object.optional("unresponsive-after")?.duration())
        timing.pool = try object.optional("pool").flatMap { node throws(ScenarioError) in IPPrefix(try node.text()) }
        timing.addressQuarantine = try object.optional("address-quarantine")?.duration()
        if let suspect = timing.suspectAfter, let unresponsive = timing.unresponsiveAfter, suspect >= unresponsive {
            throw ScenarioError(at: node.position, "\"suspect-after\" must be shorter than \"unresponsive-after\"")
        }
        if let interval = timing.heartbeatInterval, let suspect = timing.suspectAfter, interval >= suspect {
            throw ScenarioError(at: node.position, "\"heartbeat-interval\" must be shorter than \"suspect-after\"")
        }
        return timing
    }

    private func commands(_ object: ObjectReader) throws(ScenarioError) -> CommandSystem {
        var services: [ServicePlan] = []
        for node in try object.required("services").elements() {
            let service = try self.service(ObjectReader(node))
            guard !services.contains(where: { $0.name == service.name }) else {
                throw ScenarioError(at: node.position, "service \"\(service.name)\" stands twice")
            }
            services.append(service)
        }
        let mesh = object.optional("mesh").map { ObjectReader($0) }
        return CommandSystem(
            meshAddress: try mesh?.optional("address").map(Template.read),
            interface: try mesh?.optional("interface")?.text(), services: services)
    }

    private func service(_ object: ObjectReader) throws(ScenarioError) -> ServicePlan {
        let machines = try object.optional("on").map { node throws(ScenarioError) in try selectors.machines(node) }
        var plan = ServicePlan(
            name: try object.required("name").text(), machines: machines ?? selectors.cast.names,
            command: try Template.command(try object.required("command")), stopSignal: SIGTERM, stopWithin: .seconds(5))
        plan.environment = try Template.map(object.optional("environment"))
        plan.files = try Template.map(object.optional("files"))
        plan.prepare = try object.optional("prepare")?.map(Template.command) ?? []
        if let signal = object.optional("stop-signal") { plan.stopSignal = StepSignal.numbers[try signal.text()] ?? SIGTERM }
        if let within = object.optional("stop-within") { plan.stopWithin = try within.duration() }
        if let codes = object.optional("good-codes") {
            plan.goodCodes = try codes.map { node throws(ScenarioError) in Int32(try node.integer()) }
        }
        return plan
    }
}

extension SelectorReader {
    /// The same for another system's services.
    func with(services: [ServicePlan]) -> SelectorReader {
        var cast = cast
        cast.services = services
        return SelectorReader(cast: cast, choices: choices)
    }
}

/// Texts that are filled in for each machine when they are used.
enum Template {
    /// What may stand for something of the machine, after "machine.".
    static let names = ["name", "number", "underlay"]

    static func read(_ node: JSONNode) throws(ScenarioError) -> String {
        let text = try node.text()
        var rest = Substring(text)
        while let start = rest.firstRange(of: "${machine.") {
            rest = rest[start.upperBound...]
            guard let end = rest.firstIndex(of: "}") else { break }
            let name = String(rest[..<end])
            guard names.contains(name) else {
                let hint = ObjectReader.hint("machine.\(name)", among: names.map { "machine.\($0)" })
                throw ScenarioError(
                    at: node.position,
                    "nothing is known as \"${machine.\(name)}\"\(hint) Known: \(ObjectReader.list(names.map { "${machine.\($0)}" }))"
                )
            }
        }
        return text
    }

    static func command(_ node: JSONNode) throws(ScenarioError) -> [String] { try node.map(read) }

    static func map(_ node: JSONNode?) throws(ScenarioError) -> [String: String] {
        var values: [String: String] = [:]
        for member in node?.members ?? [] { values[member.name] = try read(member.value) }
        return values
    }
}
