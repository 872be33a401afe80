import TestSupport
import Testing

@testable import ScenarioModel

@Suite struct SchemaTests {
    static func validator() -> SchemaValidator { SchemaValidator(ScenarioSchema.node) }

    @Test func theCommittedSchemaIsThePrintedOne() throws {
        #expect(
            try Files.text("docs/scenario.schema.json") == ScenarioSchema.text,
            "docs/scenario.schema.json is out of date: write the output of \"lab schema\" there")
        #expect(JSONText.compact(try JSONParser.parse(ScenarioSchema.text)) == JSONText.compact(ScenarioSchema.node))
    }

    @Test func everyNameInTheTablesIsDefined() {
        let names = Set(Grammar.definitions.map(\.name) + TextKind.all.map(\.definition))
        #expect(names.count == Grammar.definitions.count + TextKind.all.count)
        func check(_ node: JSONNode) {
            if let reference = node["$ref"]?.string {
                #expect(names.contains(String(reference.dropFirst(8))) || reference == "#/$defs/parameter", "\(reference)")
            }
            for member in node.members { check(member.value) }
            for element in node.list { check(element) }
        }
        check(ScenarioSchema.node)
    }

    @Test(arguments: Files.names(in: "Scenarios", ending: ".json")) func scenariosAreValid(file: String) throws {
        #expect(Self.validator().accepts(try JSONParser.parse(try Files.text(file))))
    }

    /// What the reader calls structural in a broken scenario, the schema finds, too; and it finds nothing else.
    @Test(arguments: BrokenScenarioTests.files) func brokenScenariosGetTheSameVerdict(file: String) throws {
        let text = try Files.text(file)
        guard let node = try? JSONParser.parse(text) else { return }
        let error = try #require(Self.error(text))
        if text.contains("${"), error.isStructural { return }
        #expect(Self.validator().accepts(node) == !error.isStructural, "\(error)")
    }

    static func error(_ text: String) -> ScenarioError? {
        do {
            _ = try Scenario(parsing: text, file: "x")
            return nil
        } catch {
            return error
        }
    }

    static func agrees(_ node: JSONNode, _ validator: SchemaValidator) -> Bool {
        let text = JSONText.compact(node)
        let error = error(text)
        let isValid = validator.accepts(node)
        let isAgreed = isValid == (error?.isStructural != true)
        if !isAgreed { Issue.record("schema: \(isValid), reader: \(error.map(String.init(describing:)) ?? "good"): \(text)") }
        return isAgreed
    }

    /// 1,800 random documents from the schema, and 5,400 with one to three things changed: the reader's verdict on names, types and
    /// forms is the schema's.
    @Test func randomDocumentsGetTheSameVerdict() {
        let validator = Self.validator()
        var generator = SchemaGenerator(validator: validator, random: SplitMix64(state: 11))
        var (valid, invalid) = (0, 0)
        for _ in 0..<1_800 {
            var node = generator.make(validator.root)
            guard validator.accepts(node) else {
                Issue.record("the generator made what the schema refuses: \(JSONText.compact(node))")
                return
            }
            guard Self.agrees(node, validator) else { return }
            for _ in 0..<3 {
                node = generator.mutated(node)
                guard Self.agrees(node, validator) else { return }
                if validator.accepts(node) { valid += 1 } else { invalid += 1 }
            }
        }
        #expect(validator.unknownKeywords.isEmpty)
        #expect(valid > 300 && invalid > 1_500, "\(valid) valid, \(invalid) invalid")
    }

    /// 2,000 mutations of good scenarios, without those that have parameters: what those stand for the schema cannot know.
    @Test func changedScenariosGetTheSameVerdict() throws {
        let validator = Self.validator()
        var generator = SchemaGenerator(validator: validator, random: SplitMix64(state: 12))
        let nodes = try Files.names(in: "Scenarios", ending: ".json").map { try JSONParser.parse(try Files.text($0)) }
            .filter { $0["parameters"] == nil }
        for turn in 0..<2_000 {
            var node = nodes[turn % nodes.count]
            for _ in 0...generator.random.below(2) { node = generator.mutated(node) }
            guard Self.agrees(node, validator) else { return }
        }
    }
}
