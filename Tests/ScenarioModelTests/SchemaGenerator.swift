import TestSupport

@testable import ScenarioModel

/// Makes random documents that a schema accepts.
struct SchemaGenerator {
    let validator: SchemaValidator
    var random: SplitMix64
    /// How deep selectors and repetitions may nest.
    var depthLimit = 5

    /// Texts to choose from, by the name of the definition.
    static let samples: [String: [String]] = [
        "name": ["ash", "birch", "cedar", "berlin", "paris", "s1", "west", "m", "agent", "tincd", "backbone", "a-1"],
        "id": ["a", "a", "b", "m", "m", "end"],
        "machine-word": [
            "all", "all", "all", "ash", "birch", "cedar", "doum", "ash/agent", "all/messenger", "ash/tincd", "$v", "coordinator",
        ],
        "fault-name": ["p", "q", "Two words", "all", "r $${x}"],
        "title": ["A title", "ü 🙂 \"quoted\"", "$${HOME} costs $5"],
        "interface": ["tinc0", "wg-0"], "schema-address": ["scenario.schema.json"], "seed": ["7", "18446744073709551615"],
        "pool": ["100.64.0.0/10", "100.64.0.0/30", "100.64.0.0/32"],
        "duration": ["1ms", "250ms", "1.5s", "2s", "1m", "0.25m", "0.1s", "0s", "1.23456ms"],
        "share": ["0%", "20%", "0.5%", "100%", "12.345678%", "33.3%"],
        "rate": ["10mbit", "500kbit", "1gbit", "1.5mbit", "8000bit"],
        "size": ["50MB", "1.5GiB", "512kB", "100B"], "traffic": ["udp/51820", "tcp/7400", "arp", "icmp6", "udp", "icmp"],
        "argument": ["true", "", "ping -c 1", "${machine.underlay}", "$${HOME}", "a\nb\t\u{1}"],
        "variable": ["PATH", "_x", "A1"], "path": ["/run/tinc/tinc.conf", "/run/x"],
        "contents": ["", "Name = ${machine.name}\n"],
        "address": ["10.0.0.${machine.number}"], "field": ["event", "peer"], "field-value": ["peer-removed", "", "3"],
        "excerpt": ["peer", "$${", "ü"],
    ]

    mutating func chance(_ percent: Int) -> Bool { random.below(100) < percent }
    mutating func pick<Element>(_ list: [Element]) -> Element? { list.isEmpty ? nil : list[random.below(list.count)] }

    mutating func make(_ schema: JSONNode, depth: Int = 0) -> JSONNode {
        if let reference = schema["$ref"]?.string {
            let name = String(reference.dropFirst("#/$defs/".count))
            if let text = pick(Self.samples[name] ?? []) { return JSONNode(text) }
            return make(validator.resolve(reference) ?? JSONNode(.null), depth: depth)
        }
        if let alternatives = schema["anyOf"]?.list { return make(alternative(alternatives, depth), depth: depth) }
        if let words = schema["enum"]?.list { return pick(words) ?? JSONNode(.null) }
        switch schema["type"]?.string {
        case "integer": return JSONNode(integer(schema))
        case "boolean": return JSONNode(chance(50))
        case "array": return list(schema, depth)
        case "object": return object(schema, depth)
        case "string": return JSONNode("x")
        default: return pick([JSONNode(5), JSONNode("text"), JSONNode(true), JSONNode(["ash"])]) ?? JSONNode(.null)
        }
    }

    private mutating func alternative(_ all: [JSONNode], _ depth: Int) -> JSONNode {
        let real = all.filter { $0["$ref"]?.string != "#/$defs/parameter" }
        // Deep down, the simple ones come first.
        if depth > depthLimit, let first = real.first(where: { $0["type"]?.string != "object" }) { return first }
        let few = depth > depthLimit ? real.filter { $0["properties"]?["steps"] == nil } : real
        return pick(few) ?? JSONNode(.null)
    }

    private mutating func integer(_ schema: JSONNode) -> Int {
        let low = Int(schema["minimum"]?.number ?? 0)
        let high = Int(schema["maximum"]?.number ?? 100)
        return chance(80) ? min(high, max(low, 0) + random.below(4)) : low + random.below(high - low + 1)
    }

    private mutating func list(_ schema: JSONNode, _ depth: Int) -> JSONNode {
        let low = Int(schema["minItems"]?.number ?? 0)
        let high = min(Int(schema["maxItems"]?.number ?? 3), low + 2)
        let items = schema["items"] ?? JSONNode(.null)
        return JSONNode((0..<(low + random.below(high - low + 1))).map { _ in make(items, depth: depth + 1) })
    }

    private mutating func object(_ schema: JSONNode, _ depth: Int) -> JSONNode {
        guard let properties = schema["properties"]?.members else { return map(schema, depth) }
        let required = schema["required"]?.list.compactMap(\.string) ?? []
        var names = properties.map(\.name).filter { required.contains($0) }
        for property in properties where !required.contains(property.name) && chance(25) { names.append(property.name) }
        for rule in schema["allOf"]?.list ?? [] {
            let choices = (rule["oneOf"] ?? rule["anyOf"])?.list.compactMap { $0["required"]?.list.first?.string } ?? []
            if rule["oneOf"] != nil { names.removeAll { choices.contains($0) } }
            if let choice = pick(choices), !names.contains(where: choices.contains) { names.append(choice) }
            let exclusive = rule["not"]?["required"]?.list.compactMap(\.string) ?? []
            if exclusive.count == 2, names.contains(exclusive[0]) { names.removeAll { $0 == exclusive[1] } }
        }
        return JSONNode(names.map { name in (name, schema["properties"]?[name].map { make($0, depth: depth + 1) }) })
    }

    private mutating func map(_ schema: JSONNode, _ depth: Int) -> JSONNode {
        let names = ["event", "PATH", "/run/x", "bound", "a"].filter {
            validator.accepts(JSONNode($0), schema["propertyNames"] ?? JSONNode(true)) && chance(50)
        }
        return JSONNode(names.map { ($0, Optional(make(schema["additionalProperties"] ?? JSONNode(true), depth: depth + 1))) })
    }

    // MARK: Mutations

    /// The document with one thing changed: a member more, a member less, or another value.
    mutating func mutated(_ node: JSONNode) -> JSONNode {
        let count = Self.size(node)
        var target = random.below(count)
        return change(node, &target)
    }

    private static func size(_ node: JSONNode) -> Int {
        1 + node.list.reduce(0) { $0 + size($1) } + node.members.reduce(0) { $0 + size($1.value) }
    }

    private mutating func change(_ node: JSONNode, _ target: inout Int) -> JSONNode {
        defer { target -= 1 }
        if target == 0 { return changed(node) }
        switch node.value {
        case .array(let elements):
            return JSONNode(elements.map { descend($0, &target) })
        case .object(let members):
            return JSONNode(members.map { member in (member.name, Optional(descend(member.value, &target))) })
        default: return node
        }
    }

    private mutating func descend(_ node: JSONNode, _ target: inout Int) -> JSONNode {
        let size = Self.size(node)
        guard target > 0, target <= size else {
            target -= size
            return node
        }
        target -= 1
        let result = change(node, &target)
        target = -1
        return result
    }

    private mutating func changed(_ node: JSONNode) -> JSONNode {
        let strangers: [JSONNode] = [
            JSONNode(.null), JSONNode(true), JSONNode(0), JSONNode(-3), JSONNode(.number(1.5)), JSONNode(5_000_000), JSONNode(""),
            JSONNode("Ä?"), JSONNode("2s"), JSONNode("200%"), JSONNode("all"), JSONNode("a\n"), JSONNode([String]()),
            JSONNode(["ash"]), JSONNode([(String, JSONNode?)]()), JSONNode([("one", JSONNode("all"))]),
            JSONNode(String(repeating: "x", count: 64)), JSONNode("/run/../x"), JSONNode("-a"), JSONNode("udp/0"),
        ]
        var members = node.members.map { ($0.name, Optional($0.value)) }
        if !members.isEmpty, chance(60) {
            if chance(50) {
                members.remove(at: random.below(members.count))
            } else {
                let words = [
                    "surprise", "id", "within", "as", "label", "name", "port", "until", "title", "crash", "milestone", "of",
                ]
                guard let word = pick(words), !members.contains(where: { $0.0 == word }) else { return node }
                members.append((word, pick(strangers)))
            }
            return JSONNode(members)
        }
        return pick(strangers) ?? node
    }
}
