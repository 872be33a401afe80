import Testing

@testable import ScenarioModel

@Suite struct ParameterTests {
    static let text = scenarioText(
        #"""
        {"id": "go", "crash": {"pick": "${count}", "of": "${who}"}},
        {"eventually": {"ping": "all"}, "within": "${bound}", "title": "within ${bound}, ${count} times, ${on}"},
        {"run": ["echo", "$${HOME} ${machine.name} $x 5$"], "on": "ash"}
        """#,
        more: #""parameters": {"bound": "2s", "count": 1, "who": ["ash", "birch"], "on": true},"#)

    @Test func defaultsStandForThemselves() throws {
        let scenario = try read(Self.text)
        guard case .check(let check) = scenario.steps[1].kind else { throw Unexpected() }
        #expect(check.mode == .eventually(within: .seconds(2), since: nil))
        #expect(check.title == "within 2s, 1 times, true")
        #expect(scenario.parameters == ["bound": "\"2s\"", "count": "1", "who": "[\"ash\",\"birch\"]", "on": "true"])
    }

    @Test func settingsReplaceThem() throws {
        let scenario = try read(
            Self.text, settings: ["bound": "300ms", "count": "2", "who": "[\"ash\", \"cedar\"]", "on": "false"])
        #expect(scenario.actions[0] == .crash(["ash", "cedar"]))
        guard case .check(let check) = scenario.steps[1].kind else { throw Unexpected() }
        #expect(check.title == "within 300ms, 2 times, false")
        #expect(scenario.parameters["bound"] == "\"300ms\"")
    }

    @Test func otherDollarsAreLeftAlone() throws {
        let scenario = try read(Self.text)
        #expect(scenario.actions[1] == .run(CommandStep(command: ["echo", "${HOME} ${machine.name} $x 5$"]), on: ["ash"]))
    }

    @Test(arguments: [
        (
            ["bond": "3s"],
            "x.json:1:1: there is no parameter \"bond\"; did you mean \"bound\"? Known: \"bound\", \"count\", \"on\", \"who\""
        ),
        (["count": "many"], "x.json:1:1: the parameter \"count\" is a number: it cannot be set to \"many\""),
        (["on": "1"], "x.json:1:1: the parameter \"on\" is true or false: it cannot be set to \"1\""),
        (["who": "ash"], "x.json:1:1: the parameter \"who\" is a list: it cannot be set to \"ash\""),
        (
            ["bound": "soon"],
            "x.json:4:43: \"soon\" is no duration: expected a number with a unit: ms, s, m, h or d, such as \"250ms\", \"2s\" or \"1.5m\""
        ),
    ])
    func badSettings(settings: [String: String], expected: String) {
        #expect(message(Self.text, settings: settings) == expected)
    }

    /// A file of one megabyte that would become one of sixty gigabytes.
    @Test func whatParametersAddIsBounded() {
        let large = String(repeating: "x", count: 500_000)
        let uses = (0..<60_000).map { _ in "\"${a}\"" }.joined(separator: ",")
        let text = scenarioText(#"{"start": "all"}"#, more: "\"parameters\": {\"a\": \"\(large)\"}, \"labels\": [\(uses)],")
        #expect(message(text).hasSuffix("parameters add more than 16 MiB to the file, the most that is allowed"))
    }

    @Test func insertedTextIsNotReadAgain() throws {
        let scenario = try read(
            scenarioText(#"{"run": ["${a}", "x${a}"], "on": "ash"}"#, more: #""parameters": {"a": "${b} $${c}"},"#))
        #expect(scenario.actions == [.run(CommandStep(command: ["${b} $${c}", "x${b} $${c}"]), on: ["ash"])])
    }
}

struct Unexpected: Error {}
