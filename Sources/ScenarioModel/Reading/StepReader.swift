import Basics
import MeshModel

/// Reads steps in order; knows the ids and faults of those before.
struct StepReader {
    let selectors: SelectorReader
    /// Where each id was given.
    private(set) var ids: [String: SourcePosition] = [:]
    private var marks: Set<String> = []
    private var awaited: [(id: String, position: SourcePosition)] = []
    /// Faults by name: whether they are healed.
    var faults: [String: Bool] = [:]
    /// How many links the faults so far touch.
    var linkCount = 0
    private var counts: [String: Int] = [:]
    /// The repetitions around the step that is read, outermost first: ids in them, and what is appended to those.
    private var repetitions: [(ids: Set<String>, suffix: String)] = []

    init(selectors: SelectorReader) { self.selectors = selectors }

    var conditions: ConditionReader {
        ConditionReader(selectors: selectors, resolve: { [self] node throws(ScenarioError) in try earlier(node) })
    }

    // MARK: Steps

    /// All steps of a scenario.
    mutating func read(all node: JSONNode) throws(ScenarioError) -> [Step] {
        try checkCount(node)
        let steps = try body(node)
        for (id, position) in awaited where !marks.contains(id) {
            let hint = ObjectReader.known(id, among: marks)
            throw ScenarioError(
                at: position, "no later step is {\"mark\": \"\(id)\"}\(hint). Use \"end\" for the end of the scenario")
        }
        return steps
    }

    /// A check that lasts from the first step to the end.
    mutating func invariant(_ node: JSONNode) throws(ScenarioError) -> Step {
        let object = ObjectReader(node)
        let (mode, value) = try object.first(of: ["always", "never"])
        let lasting = Check.Mode.lastingUntil(expected: mode == "always", mark: nil)
        let check = try check(value, lasting, object)
        return Step(id: try id(object, "invariant"), position: node.position, kind: .check(check))
    }

    private mutating func body(_ node: JSONNode) throws(ScenarioError) -> [Step] {
        var steps: [Step] = []
        for node in try node.elements() {
            let object = ObjectReader(node)
            if let count = object.optional("repeat") {
                steps += try repetition(try count.integer(), try object.required("steps"))
            } else {
                steps.append(try step(node, object))
            }
        }
        return steps
    }

    private mutating func step(_ node: JSONNode, _ object: ObjectReader) throws(ScenarioError) -> Step {
        if let mark = object.optional("mark") {
            let id = try id(mark, "mark", at: node.position)
            marks.insert(id)
            return Step(id: id, position: node.position, kind: .mark(title: try object.optional("title")?.text()))
        }
        let verbs = Grammar.checkVerbs + Grammar.actionVerbs
        let (verb, value) = try object.first(of: verbs)
        let kind: Step.Kind
        if Grammar.checkVerbs.contains(verb) {
            let mode = try mode(verb, object)
            kind = .check(try check(value, mode, object))
        } else {
            kind = .action(try action(verb, value, object))
        }
        return Step(id: try id(object, verb), position: node.position, kind: kind)
    }

    // MARK: Repetition

    /// Comes before anything is written out.
    private func checkCount(_ node: JSONNode) throws(ScenarioError) {
        let count = Self.count(node)
        guard count <= Grammar.stepLimit else {
            throw ScenarioError(
                at: node.position,
                "with repetitions written out, these are more than \(Grammar.stepLimit) steps, the most that a scenario may have")
        }
    }

    /// How many steps these are, at most one more than the limit.
    private static func count(_ node: JSONNode) -> Int {
        guard case .array(let elements) = node.value else { return 0 }
        var sum = 0
        for element in elements where sum <= Grammar.stepLimit {
            let object = ObjectReader(element)
            var count = 1
            if let body = object.optional("steps"), let times = try? object.optional("repeat")?.integer() {
                // Both are bounded by the limit and one, so that the product is small.
                count = min(times, Grammar.stepLimit + 1) * Self.count(body)
            }
            sum += min(count, Grammar.stepLimit + 1)
        }
        return min(sum, Grammar.stepLimit + 1)
    }

    private mutating func repetition(_ count: Int, _ node: JSONNode) throws(ScenarioError) -> [Step] {
        var ids: Set<String> = []
        for element in try node.elements() {
            let object = ObjectReader(element)
            if let id = try (object.optional("id") ?? object.optional("mark"))?.text() { ids.insert(id) }
        }
        let outer = repetitions.last?.suffix ?? ""
        var steps: [Step] = []
        for number in 1...count {
            repetitions.append((ids, "\(outer)-\(number)"))
            steps += try body(node)
            repetitions.removeLast()
        }
        return steps
    }

    /// What an id of the file is called here: inside repetitions those that are given in them carry a number.
    func written(_ id: String) -> String {
        guard let scope = repetitions.last(where: { $0.ids.contains(id) }) else { return id }
        return id + scope.suffix
    }

    // MARK: Ids

    private mutating func id(_ object: ObjectReader, _ verb: String) throws(ScenarioError) -> String {
        counts[verb, default: 0] += 1
        if let node = object.optional("id") { return try id(node, verb, at: object.position) }
        var number = counts[verb] ?? 1
        while ids["\(verb)-\(number)"] != nil { number += 1 }
        ids["\(verb)-\(number)"] = object.position
        return "\(verb)-\(number)"
    }

    private mutating func id(_ node: JSONNode, _ verb: String, at position: SourcePosition) throws(ScenarioError) -> String {
        let id = written(try node.text())
        guard id != "end" else {
            throw ScenarioError(at: node.position, "\"end\" has a meaning of its own: choose another id")
        }
        guard MachineName(id) != nil else {
            throw ScenarioError(at: node.position, "\"\(id)\" is no id: expected \(MachineName.allowed)")
        }
        if let earlier = ids[id] {
            throw ScenarioError(at: node.position, "the id \"\(id)\" is taken by the step on line \(earlier.line)")
        }
        ids[id] = position
        return id
    }

    /// The id of an earlier step.
    func earlier(_ node: JSONNode) throws(ScenarioError) -> String {
        let text = try node.text()
        let id = written(text)
        guard ids[id] == nil else { return id }
        throw ScenarioError(
            at: node.position, "no earlier step has the id \"\(text)\"\(ObjectReader.known(text, among: ids.keys))")
    }

    /// The id of a later mark; nil for the end.
    mutating func later(_ node: JSONNode) throws(ScenarioError) -> String? {
        let text = try node.text()
        guard text != "end" else { return nil }
        let id = written(text)
        guard ids[id] == nil else { throw ScenarioError(at: node.position, "the step \"\(text)\" is over by then") }
        awaited.append((id, node.position))
        return id
    }
}
