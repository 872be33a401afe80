import Basics
import Glibc
import MeshModel
import NetworkModel

/// Reads steps in order; knows the ids of those before.
struct StepReader {
    static let actions = ["boot", "start", "kill", "stop", "restart", "crash", "partition", "heal"]
    static let modes = ["eventually", "never", "always"]
    static let verbs = actions + modes + ["mark"]
    static let names = verbs + ["id", "title", "signal", "within", "since", "for", "until"]
    let selectors: SelectorReader
    private var ids: [String: SourcePosition] = [:]
    private var marks: Set<String> = []
    private var awaited: [(id: String, position: SourcePosition)] = []
    private var partitions: Set<String>
    private var counts: [String: Int] = [:]

    /// - Parameter partitions: those that are there already.
    init(selectors: SelectorReader, partitions: Set<String> = []) {
        self.selectors = selectors
        self.partitions = partitions
    }

    mutating func read(_ node: JSONNode) throws(ScenarioError) -> Step {
        let object = try ObjectReader(node, "a step", allowed: Self.names)
        let (verb, value) = try object.exactlyOne(of: Self.verbs)
        try forbidStrangers(object, verb)
        let kind: Step.Kind
        if verb == "mark" {
            kind = .mark
        } else if Self.actions.contains(verb) {
            kind = .action(try action(verb, value, object))
        } else {
            kind = .check(try check(verb, value, object))
        }
        let id = try id(object, verb, value)
        return Step(id: id, position: node.position, kind: kind)
    }

    /// To be called after the last step.
    func finish() throws(ScenarioError) {
        for (id, position) in awaited where !marks.contains(id) {
            let hint = ObjectReader.hint(id, among: marks)
            throw ScenarioError(
                at: position, "no later step is {\"mark\": \"\(id)\"}\(hint) Use \"end\" for the end of the scenario")
        }
    }

    private func forbidStrangers(_ object: ObjectReader, _ verb: String) throws(ScenarioError) {
        if verb != "kill" { try object.forbid(["signal"], because: "only \"kill\" takes a signal") }
        if verb != "eventually" { try object.forbid(["within", "since"], because: "only \"eventually\" has a bound") }
        if verb != "always" { try object.forbid(["until"], because: "only \"always\" goes on until a mark") }
        if verb != "always", verb != "never" {
            try object.forbid(["for"], because: "only \"always\" and \"never\" last for a time")
        }
        if verb == "mark" { try object.forbid(["id"], because: "a mark is its own id") }
    }

    private mutating func id(_ object: ObjectReader, _ verb: String, _ value: JSONNode) throws(ScenarioError) -> String {
        counts[verb, default: 0] += 1
        guard let node = verb == "mark" ? value : object.optional("id") else {
            var number = counts[verb] ?? 1
            while ids["\(verb)-\(number)"] != nil { number += 1 }
            ids["\(verb)-\(number)"] = object.position
            return "\(verb)-\(number)"
        }
        let text = try node.text("an id: \(MachineName.allowed)")
        guard MachineName(text) != nil, text != "end" else {
            throw ScenarioError(at: node.position, "\"\(text)\" is no id: expected \(MachineName.allowed), and not \"end\"")
        }
        if let earlier = ids[text] {
            throw ScenarioError(at: node.position, "the id \"\(text)\" is taken by the step on line \(earlier.line)")
        }
        ids[text] = node.position
        if verb == "mark" { marks.insert(text) }
        return text
    }

    private mutating func action(_ verb: String, _ value: JSONNode, _ object: ObjectReader) throws(ScenarioError) -> Action {
        switch verb {
        case "start": return .start(try selectors.target(value))
        case "stop": return .stop(try selectors.target(value), grace: .seconds(5))
        case "restart": return .restart(try selectors.target(value))
        case "boot": return .boot(try wholeMachines(value, "\"boot\" is for whole machines: use \"start\" for a service"))
        case "crash": return .crash(try wholeMachines(value, "\"crash\" is for whole machines: use \"kill\" for a service"))
        case "kill":
            let target = try selectors.target(value)
            guard target.service != nil else {
                throw ScenarioError(
                    at: value.position, "\"kill\" needs a service, such as \"ash/agent\"; \"crash\" is for machines")
            }
            let signal = try object.optional("signal")?.word(among: StepSignal.numbers.keys.sorted(), "signal") ?? "KILL"
            return .kill(target, signal: StepSignal.numbers[signal] ?? SIGKILL)
        case "partition": return try partition(value)
        default:
            let name = try value.text("the name of a partition, or \"all\"")
            guard name == "all" || partitions.contains(name) else {
                let hint = ObjectReader.hint(name, among: partitions)
                throw ScenarioError(at: value.position, "no step before this one makes a partition \"\(name)\"\(hint)")
            }
            return .heal(name == "all" ? nil : name)
        }
    }

    private func wholeMachines(_ node: JSONNode, _ complaint: String) throws(ScenarioError) -> [String] {
        let target = try selectors.target(node)
        guard target.service == nil else { throw ScenarioError(at: node.position, complaint) }
        return target.machines
    }

    private mutating func partition(_ node: JSONNode) throws(ScenarioError) -> Action {
        let object = try ObjectReader(node, "a partition", allowed: ["name", "groups"])
        let nameNode = try object.required("name")
        let name = try nameNode.boundedText("a name", limit: 63)
        guard name != "all" else {
            throw ScenarioError(at: nameNode.position, "\"all\" has a meaning of its own: choose another name")
        }
        let groupsNode = try object.required("groups")
        var groups: [[String]] = []
        for group in try groupsNode.elements("a list of groups of machines") {
            let target = try selectors.target(group)
            guard target.service == nil else { throw ScenarioError(at: group.position, "a partition is between whole machines") }
            if let twice = target.machines.first(where: { groups.joined().contains($0) }) {
                throw ScenarioError(at: group.position, "machine \"\(twice)\" stands in two groups")
            }
            groups.append(target.machines)
        }
        guard groups.count >= 2 else { throw ScenarioError(at: groupsNode.position, "a partition needs at least two groups") }
        partitions.insert(name)
        return .fault(name: name, .cut(Self.links(across: groups), shape: "groups"))
    }

    /// Every ordered pair of machines of different groups.
    private static func links(across groups: [[String]]) -> Set<DirectedLink> {
        var links: Set<DirectedLink> = []
        for (index, group) in groups.enumerated() {
            for (other, others) in groups.enumerated() where other != index {
                for from in group { for to in others { links.insert(DirectedLink(from: from, to: to)) } }
            }
        }
        return links
    }

    private mutating func check(_ verb: String, _ value: JSONNode, _ object: ObjectReader) throws(ScenarioError) -> Check {
        let condition = try ConditionReader(selectors: selectors).read(value)
        if case .message = condition, verb != "eventually" {
            throw ScenarioError(
                at: value.position, "a message is sent, not looked at: expected \"eventually\" with \"ends\" for the outcome")
        }
        let title = try object.optional("title")?.boundedText("a title", limit: 200)
        let mode = try mode(verb, object)
        return Check(title: title, mode: mode, condition: condition)
    }

    private mutating func mode(_ verb: String, _ object: ObjectReader) throws(ScenarioError) -> Check.Mode {
        switch verb {
        case "eventually":
            let since = object.optional("since")
            let id = try since?.text("the id of an earlier step")
            if let id, let since, ids[id] == nil {
                let hint = ObjectReader.hint(id, among: ids.keys)
                throw ScenarioError(at: since.position, "no earlier step has the id \"\(id)\"\(hint)")
            }
            return .eventually(within: try object.required("within").duration(), since: id)
        case "never":
            return .lasting(expected: false, duration: try object.required("for").duration())
        default:
            let (name, node) = try object.exactlyOne(of: ["for", "until"])
            if name == "for" { return .lasting(expected: true, duration: try node.duration()) }
            let until = try node.text("the id of a later mark, or \"end\"")
            guard until != "end" else { return .lastingUntil(expected: true, mark: nil) }
            guard ids[until] == nil else { throw ScenarioError(at: node.position, "the step \"\(until)\" is over by then") }
            awaited.append((until, node.position))
            return .lastingUntil(expected: true, mark: until)
        }
    }
}
