import TestSupport
import Testing

@testable import ScenarioModel

/// Every example in `docs/scenarios.md` is read, and every word of the language stands in one.
@Suite struct DocumentationTests {
    /// A block of code: what stands after "json", and its text.
    struct Example: Sendable, CustomTestStringConvertible {
        var kind: String
        var line: Int
        var text: String
        var testDescription: String { "\(kind), line \(line)" }
    }

    static let examples: [Example] = {
        let lines = ((try? Files.text("docs/scenarios.md")) ?? "").split(separator: "\n", omittingEmptySubsequences: false)
        var examples: [Example] = []
        var open: Example?
        for (index, line) in lines.enumerated() {
            if let example = open {
                if line == "```" {
                    examples.append(example)
                    open = nil
                } else {
                    open?.text += line + "\n"
                }
            } else if line.hasPrefix("```") {
                open = Example(kind: String(line.dropFirst(3)), line: index + 1, text: "")
            }
        }
        return examples.filter { $0.kind.hasPrefix("json") }
    }()

    /// The example as a whole scenario.
    static func scenario(_ example: Example) -> String {
        let machines =
            #"["ash", {"name": "birch", "labels": ["west"]}, {"name": "cedar", "labels": ["west"]}, "doum", {"name": "elm", "place": "berlin"}]"#
        let network = #""network": {"sites": [{"name": "berlin", "nat": "endpoint-independent"}]},"#
        switch example.kind {
        case "json steps": return scenarioText(example.text, more: network, machines: machines)
        case "json conditions":
            let steps = elements(example.text).map { "{\"eventually\": \(JSONText.compact($0)), \"within\": \"1s\"}" }
            return scenarioText(
                (["{\"id\": \"agents\", \"start\": \"all\"}"] + steps).joined(separator: ",\n"), more: network, machines: machines
            )
        case "json selectors":
            let steps = elements(example.text).map { "{\"crash\": \(JSONText.compact($0))}" }
            return scenarioText(steps.joined(separator: ",\n"), more: network, machines: machines)
        case "json file":
            let machines = example.text.contains("\"machines\"") ? "" : "\"machines\": \(machines), "
            let network = example.text.contains("\"network\"") || machines.isEmpty ? "" : network
            return """
                {"version": 1, "name": "x", \(network) \(machines) "steps": [{"start": "all"}], \(example.text)}
                """
        default: return example.text
        }
    }

    private static func elements(_ text: String) -> [JSONNode] { (try? JSONParser.parse("[\(text)]"))?.list ?? [] }

    @Test(arguments: examples) func isRead(example: Example) throws {
        let text = Self.scenario(example)
        #expect(message(text) == "no error", "the example on line \(example.line)")
        let node = try JSONParser.parse(text)
        #expect(SchemaTests.validator().accepts(node), "the example on line \(example.line)")
    }

    @Test func everyWordHasAnExample() throws {
        #expect(Self.examples.count >= 10)
        var names: Set<String> = []
        func collect(_ node: JSONNode) {
            for member in node.members {
                names.insert(member.name)
                collect(member.value)
            }
            for element in node.list { collect(element) }
        }
        for example in Self.examples { collect(try JSONParser.parse(Self.scenario(example))) }
        #expect(Self.memberNames.subtracting(names) == [], "no example has these names")
    }

    /// Every member name in the tables of the language.
    static var memberNames: Set<String> {
        var names: Set<String> = []
        func collect(_ shape: Shape) {
            switch shape {
            case .choice(let choice):
                names.formUnion(choice.names)
                for member in choice.objects.flatMap(\.members) { collect(member.shape) }
                if let list = choice.list { collect(list) }
            case .list(let element, _, _): collect(element)
            case .map(_, let value, _, _): collect(value)
            default: break
            }
        }
        collect(.object(Grammar.scenario))
        for definition in Grammar.definitions { collect(definition.shape) }
        return names
    }
}
