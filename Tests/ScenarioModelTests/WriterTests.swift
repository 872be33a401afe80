import TestSupport
import Testing

@testable import ScenarioModel

/// Reading what was written gives the same scenario.
@Suite struct WriterTests {
    static func checkRoundTrip(_ scenario: Scenario, _ validator: SchemaValidator) throws {
        let written = scenario.json()
        let again: Scenario
        do {
            again = try read(written)
        } catch {
            Issue.record("\(error) in \(written)")
            return
        }
        #expect(again.withoutPositions == scenario.withoutPositions, "\(written)")
        #expect(again.json() == written)
        #expect(validator.accepts(try JSONParser.parse(written)), "\(written)")
    }

    @Test(arguments: Files.names(in: "Scenarios", ending: ".json")) func scenarios(file: String) throws {
        let text = try Files.text(file)
        try Self.checkRoundTrip(try read(text, seed: 3), SchemaTests.validator())
        #expect(try read(text, seed: 3).json() == read(text, seed: 3).json())
    }

    static let bases = [
        scenarioText(
            #"{"start": "all"}"#,
            more: """
                "title": "T $${x}", "seed": 99, "parameters": {"a": [1, {"b": "${c}"}]}, "labels": ["l"], "milestones": [3, 1],
                "coordinator": {"suspect-after": "1.5s"},
                "network": {"families": "both", "mtu": 1400, "switches": ["s1", {"name": "s2", "link": {"down": {"rate": "10mbit"}}}],
                  "sites": ["paris", {"name": "berlin", "nat": {"kind": "symmetric", "mapping-timeout": "30s"},
                    "link": {"up": {"delay": "10ms", "jitter": "2.5ms", "loss": "0.1%", "reorder": "1%"}}}]},
                """,
            machines: """
                ["ash", {"name": "birch", "labels": ["west"], "place": "berlin"}, {"name": "cedar", "labels": ["west"]}, "doum",
                 {"name": "m", "count": 3, "place": "paris", "link": {"up": {"corrupt": "3.25%"}}}]
                """),
        scenarioText(
            #"{"start": "all"}"#,
            more: """
                "system": {"mesh": {"address": "10.0.0.${machine.number}", "interface": "tinc0"}, "services": [
                  {"name": "tincd", "command": ["tincd", "-D"], "environment": {"A": "$${B}"},
                   "files": {"/run/tinc/tinc.conf": "Name = ${machine.name}\\n"}, "prepare": [["true"], ["echo", "$${x}"]]},
                  {"name": "agent", "on": ["ash", "birch"], "command": ["x"], "stop-signal": "INT", "stop-within": "1.25s",
                   "good-codes": [0, 143]}]},
                "network": {"sites": ["berlin"]},
                """,
            machines: #"["ash", "birch", {"name": "cedar", "labels": ["west"], "place": "berlin"}, "doum", "elm"]"#),
    ]

    /// Random steps from the schema that the reader takes, put together to scenarios. Each word of the language stands in some.
    @Test func generated() throws {
        let validator = SchemaTests.validator()
        var generator = SchemaGenerator(validator: validator, random: SplitMix64(state: 21), depthLimit: 3)
        let steps = try #require(validator.root["$defs"]?["step"]?["anyOf"]).list.filter { $0["properties"] != nil }
        let conditions = try #require(validator.root["$defs"]?["condition"]?["anyOf"]).list.filter { $0["properties"] != nil }
        let checks = steps.filter { Grammar.checkVerbs.contains($0["properties"]?.members.first?.name ?? "") }
        var words: Set<String> = []
        var count = 0
        for turn in 0..<20 {
            let base = try JSONParser.parse(Self.bases[turn % Self.bases.count])
            let others = base.members.filter { $0.name != "steps" }.map { ($0.name, Optional($0.value)) }
            var accepted: [JSONNode] = []
            func make(_ word: String?, _ candidate: () -> JSONNode) {
                // Words that no scenario has yet get more tries.
                for _ in 0..<(words.contains(word ?? "") ? 3 : 60) {
                    let step = Self.renamed(candidate(), "s\(accepted.count)")
                    guard Self.isGood(others, [step]), Self.isGood(others, accepted + [step]) else { continue }
                    accepted.append(step)
                    words.formUnion(Self.words(of: step))
                    return
                }
            }
            for step in steps { make(Self.key(step)) { generator.make(step) } }
            for _ in 0..<12 {
                make("partition") { generator.make(steps.first { $0["properties"]?["partition"] != nil } ?? steps[0]) }
            }
            for condition in conditions {
                make(Self.key(condition)) {
                    // A message goes with the first of them only.
                    let check = generator.make(checks[max(0, generator.random.below(checks.count + 3) - 3)])
                    let looked = generator.make(condition)
                    return JSONNode(
                        check.members.map { ($0.name, Grammar.checkVerbs.contains($0.name) ? looked : Optional($0.value)) })
                }
            }
            count += accepted.count
            let text = Self.text(others, accepted)
            try Self.checkRoundTrip(try read(text), validator)
        }
        #expect(Self.allWords.subtracting(words).isEmpty, "no generated scenario has these words")
        #expect(count > 400, "\(count) steps")
    }

    /// A file with these steps between some that give names to refer to.
    static func text(_ others: [(String, JSONNode?)], _ steps: [JSONNode]) -> String {
        let before = [
            JSONNode([("id", JSONNode("a")), ("start", JSONNode("all"))]),
            JSONNode([("crash", JSONNode([("one", JSONNode("all")), ("as", JSONNode("v"))]))]),
        ]
        let after = JSONNode([("mark", JSONNode("m"))])
        return JSONText.compact(JSONNode(others + [("steps", JSONNode(before + steps + [after]))]))
    }

    static func isGood(_ others: [(String, JSONNode?)], _ steps: [JSONNode]) -> Bool {
        SchemaTests.error(text(others, steps)) == nil
    }

    /// The step with another id, if it has one.
    static func renamed(_ step: JSONNode, _ id: String) -> JSONNode {
        JSONNode(step.members.map { ($0.name, Optional($0.name == "id" || $0.name == "mark" ? JSONNode(id) : $0.value)) })
    }

    /// The word that a step or condition of the schema is told apart by.
    static func key(_ schema: JSONNode) -> String? { schema["properties"]?.members.first?.name }

    /// The words of a step and of its condition.
    static func words(of step: JSONNode) -> Set<String> {
        Set(step.members.flatMap { member in [member.name] + member.value.members.map(\.name) })
    }

    static var allWords: Set<String> {
        var words: Set<String> = []
        for shape in [Grammar.step, Grammar.condition] {
            if case .choice(let choice) = shape { words.formUnion(choice.objects.compactMap(\.key)) }
        }
        return words.union(Grammar.partitionWords)
    }

    @Test func invariantsAndRecovery() throws {
        let scenario = try read(
            scenarioText(
                #"{"start": "all"}, {"crash": {"one": "all", "as": "v"}}"#,
                more: """
                    "invariants": [{"always": {"untouched": {}}, "claims": ["quiet"]}, {"id": "wire", "title": "W", "milestone": 4,
                      "never": {"wire": {"is": "clear-text"}}}],
                    "recovery": {"within": "5s", "conditions": [{"ping": {"except": "$v"}}, {"message": "all"}]},
                    """))
        #expect(scenario.invariants.map(\.id) == ["invariant-1", "wire"])
        #expect(scenario.recovery.within == .seconds(5) && scenario.recovery.conditions.count == 2)
        try Self.checkRoundTrip(scenario, SchemaTests.validator())
    }
}
