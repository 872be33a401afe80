import Glibc
import NetworkModel

extension StepReader {
    mutating func action(_ verb: String, _ node: JSONNode, _ object: ObjectReader) throws(ScenarioError) -> Action {
        switch verb {
        case "boot": return .boot(try whole(node, "boot", instead: "start"))
        case "start", "join": return .start(try selectors.target(node))
        case "kill": return try kill(node, object)
        case "stop":
            return .stop(try selectors.target(node), grace: try object.optional("grace")?.duration() ?? .seconds(5))
        case "restart": return .restart(try selectors.target(node))
        case "crash": return .crash(try whole(node, "crash", instead: "kill"))
        case "pause": return .pause(try selectors.target(node))
        case "resume": return .resume(try selectors.target(node))
        case "run": return try run(node, object)
        case "unplug": return .cable(try machines(node), isUp: false)
        case "plug": return .cable(try machines(node), isUp: true)
        case "flap":
            return .flap(
                try machines(node), down: try object.required("down").duration(), up: try object.required("up").duration(),
                times: try object.required("times").integer())
        case "mtu":
            return .mtu(
                try machines(node), try NetworkReader.mtu(try object.required("bytes"), selectors.cast.topology.families))
        case "roam":
            return .roam(
                try selectors.machines(node),
                to: try object.optional("to").map { node throws(ScenarioError) in try selectors.cast.place(node) })
        case "nat": return try nat(node, object)
        case "disk":
            let state = try object.required("is").text()
            return .disk(try machines(node), DiskState(rawValue: state) ?? .normal)
        default: return try fault(verb, node)
        }
    }

    /// Machines, the coordinator's among them.
    private func machines(_ node: JSONNode) throws(ScenarioError) -> [String] {
        try selectors.machines(node, coordinatorAllowed: true)
    }

    private func whole(_ node: JSONNode, _ verb: String, instead: String) throws(ScenarioError) -> [String] {
        let target = try selectors.target(node)
        guard target.service == nil else {
            throw ScenarioError(at: node.position, "\"\(verb)\" is for whole machines: use \"\(instead)\" for a service")
        }
        return target.machines
    }

    private func kill(_ node: JSONNode, _ object: ObjectReader) throws(ScenarioError) -> Action {
        let target = try selectors.target(node)
        guard target.service != nil else {
            throw ScenarioError(
                at: node.position, "\"kill\" needs a service, such as \"\(selectors.exampleService)\"; \"crash\" is for machines")
        }
        let signal = try object.optional("signal")?.text() ?? "KILL"
        return .kill(target, signal: StepSignal.numbers[signal] ?? SIGKILL)
    }

    private func run(_ node: JSONNode, _ object: ObjectReader) throws(ScenarioError) -> Action {
        let step = CommandStep(
            command: try Template.command(node), within: try object.optional("within")?.duration() ?? .seconds(10),
            exits: Int32(try object.optional("exits")?.integer() ?? 0))
        return .run(step, on: try machines(try object.required("on")))
    }

    private func nat(_ node: JSONNode, _ object: ObjectReader) throws(ScenarioError) -> Action {
        let name = try node.text()
        let sites = selectors.cast.topology.sites
        guard let site = sites.first(where: { $0.name == name }) else {
            let names = sites.map(\.name)
            let known = names.isEmpty ? "The network has none" : "Known: \(ObjectReader.list(names))"
            throw ScenarioError(
                at: node.position, "there is no site \"\(name)\"\(ObjectReader.hint(name, among: names)) \(known)")
        }
        guard site.nat != nil else {
            throw ScenarioError(at: node.position, "the router of \"\(name)\" translates nothing: give the site a \"nat\"")
        }
        if let kind = object.optional("becomes") { return .nat(site: name, .become(try NetworkReader.kind(kind))) }
        return .nat(site: name, try object.required("does").text() == "flush" ? .flush : .rebind)
    }
}

extension Grammar {
    static let checkVerbs = ["eventually", "stays", "never", "always"]
    /// The words of steps that change something.
    static let actionVerbs: [String] = {
        guard case .choice(let choice) = step else { return [] }
        return choice.objects.compactMap(\.key).filter { !checkVerbs.contains($0) && $0 != "mark" && $0 != "repeat" }
    }()
}
