import Testing

@testable import ScenarioModel

/// Each broken scenario gets exactly this message, with line and column.
@Suite struct ScenarioErrorTests {
    static func message(_ text: String) -> String {
        do {
            _ = try Scenario(parsing: text, file: "x.json")
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    /// A scenario of two machines with these steps.
    static func steps(_ steps: String) -> String {
        """
        {"version": 1, "name": "x", "machines": ["ash", "birch"], "steps": [
        \(steps)
        ]}
        """
    }

    @Test(arguments: [
        ("", "x.json:1:1: syntax error: found the end of the file, expected a value"),
        ("{\"version\": 1", "x.json:1:14: syntax error: found the end of the file, expected a comma or }"),
        ("{\"version\": 1,}", "x.json:1:15: syntax error: found \"}\", expected a name in quotes"),
        ("{\n  \"a\": tru\n}", "x.json:2:11: syntax error: found the end of the line, expected true"),
        ("{\"a\": 01}", "x.json:1:7: syntax error: \"01\" is not a number"),
        ("{\"a\": 1, \"a\": 2}", "x.json:1:10: \"a\" stands twice in this object"),
        ("{\"a\": \"b\n\"}", "x.json:1:9: syntax error: found the end of the line, expected the closing quote of the text"),
        ("{} {}", "x.json:1:4: syntax error: found \"{\", expected the end of the file"),
        (
            "[]",
            "x.json:1:1: found an array, expected a scenario: an object with \"$schema\", \"version\", \"name\", \"title\", \"seed\", "
                + "\"coordinator\", \"machines\", \"steps\""
        ),
        ("{}", "x.json:1:1: a scenario needs \"version\""),
        ("{\"version\": 2}", "x.json:1:13: found version 2, this lab reads version 1"),
    ])
    func outsideOfSteps(text: String, expected: String) {
        #expect(Self.message(text) == expected)
    }

    @Test(arguments: [
        ("\"Ash\"", "\"Ash\" is no name: expected 1 to 63 characters of a-z, 0-9 and hyphen, with no hyphen at either end"),
        ("\"ash\", \"ash\"", "machine \"ash\" stands twice"),
        ("\"coordinator\"", "\"coordinator\" has a meaning of its own: choose another name"),
    ])
    func machines(names: String, expected: String) {
        let text = "{\"version\": 1, \"name\": \"x\", \"machines\": [\(names)], \"steps\": []}"
        #expect(Self.message(text).hasSuffix(": \(expected)"), "\(Self.message(text))")
    }

    @Test(arguments: [
        (
            "{\"start\": \"oak\"}",
            "x.json:2:11: there is no machine \"oak\". Known: \"all\", \"ash\", \"birch\", \"coordinator\""
        ),
        (
            "{\"start\": \"brich\"}",
            "x.json:2:11: there is no machine \"brich\"; did you mean \"birch\"? Known: \"all\", \"ash\", \"birch\", \"coordinator\""
        ),
        (
            "{\"id\": \"a\"}",
            "x.json:2:1: a step needs one of \"boot\", \"start\", \"kill\", \"stop\", \"restart\", \"crash\", \"partition\", \"heal\", "
                + "\"eventually\", \"never\", \"always\", \"mark\""
        ),
        (
            "{\"start\": \"ash\", \"crash\": \"ash\"}",
            "x.json:2:18: a step has \"start\" already: \"crash\" belongs into another one"
        ),
        (
            "{\"strat\": \"ash\"}",
            "x.json:2:2: \"strat\" is not known in a step; did you mean \"start\"? Allowed: \"boot\", \"start\", \"kill\", \"stop\", \"restart\", "
                + "\"crash\", \"partition\", \"heal\", \"eventually\", \"never\", \"always\", \"mark\", \"id\", \"title\", \"signal\", "
                + "\"within\", \"since\", \"for\", \"until\""
        ),
        ("{\"kill\": \"ash\"}", "x.json:2:10: \"kill\" needs a service, such as \"ash/agent\"; \"crash\" is for machines"),
        ("{\"crash\": \"ash/agent\"}", "x.json:2:11: \"crash\" is for whole machines: use \"kill\" for a service"),
        (
            "{\"kill\": \"ash/agnet\"}",
            "x.json:2:10: \"ash\" has no service \"agnet\". Allowed: \"agent\", \"messenger\""
        ),
        (
            "{\"kill\": \"ash/agent\", \"signal\": \"KIL\"}",
            "x.json:2:33: \"KIL\" is no signal; did you mean \"KILL\"? Allowed: \"CONT\", \"HUP\", \"INT\", \"KILL\", \"STOP\", \"TERM\""
        ),
        ("{\"eventually\": {\"ping\": \"all\"}}", "x.json:2:1: a step needs \"within\""),
        (
            "{\"eventually\": {\"ping\": \"all\"}, \"within\": \"soon\"}",
            "x.json:2:43: \"soon\" is no duration: expected a number with a unit: ms, s, m, h or d, such as \"250ms\", \"2s\" or \"1.5m\""
        ),
        (
            "{\"eventually\": {\"ping\": \"all\"}, \"within\": \"0s\"}",
            "x.json:2:43: \"0s\" is out of range: expected 1ms to 3600s"
        ),
        (
            "{\"eventually\": {\"ping\": \"all\"}, \"within\": \"2h\"}",
            "x.json:2:43: \"2h\" is out of range: expected 1ms to 3600s"
        ),
        (
            "{\"eventually\": {\"ping\": \"all\"}, \"within\": \"2s\", \"since\": \"start\"}",
            "x.json:2:58: no earlier step has the id \"start\"."
        ),
        (
            "{\"eventually\": {\"ping\": \"all\"}, \"within\": \"2s\", \"for\": \"2s\"}",
            "x.json:2:49: \"for\" does not belong here: only \"always\" and \"never\" last for a time"
        ),
        ("{\"never\": {\"ping\": \"ash\"}, \"for\": \"1s\"}", "x.json:2:20: a ping needs two different machines at least"),
        (
            "{\"always\": {\"ping\": \"all\"}, \"until\": \"later\"}",
            "x.json:2:38: no later step is {\"mark\": \"later\"}. Use \"end\" for the end of the scenario"
        ),
        (
            "{\"id\": \"a\", \"start\": \"all\"}, {\"id\": \"a\", \"start\": \"all\"}",
            "x.json:2:37: the id \"a\" is taken by the step on line 2"
        ),
        (
            "{\"partition\": {\"name\": \"p\", \"groups\": [[\"ash\"], [\"ash\"]]}}",
            "x.json:2:49: machine \"ash\" stands in two groups"
        ),
        ("{\"partition\": {\"name\": \"p\", \"groups\": [[\"ash\"]]}}", "x.json:2:39: a partition needs at least two groups"),
        ("{\"heal\": \"p\"}", "x.json:2:10: no step before this one makes a partition \"p\"."),
        (
            "{\"never\": {\"peer\": {\"of\": \"ash\", \"on\": \"all\", \"is\": \"absent\"}}, \"for\": \"1s\"}",
            "x.json:2:40: \"ash\" is no peer of itself: leave it out"
        ),
        (
            "{\"never\": {\"coordinator\": {\"sees\": \"ash\", \"as\": \"dead\"}}, \"for\": \"1s\"}",
            "x.json:2:49: \"dead\" is no liveness. Allowed: \"alive\", \"suspect\", \"unresponsive\""
        ),
        (
            "{\"eventually\": {\"message\": {\"among\": \"all\", \"bound\": \"90s\"}}, \"within\": \"1s\"}",
            "x.json:2:54: \"90s\" is out of range: expected 1ms to 60s"
        ),
        (
            "{\"never\": {\"message\": \"all\"}, \"for\": \"1s\"}",
            "x.json:2:11: a message is sent, not looked at: expected \"eventually\" with \"ends\" for the outcome"
        ),
        ("{\"boot\": \"ash/agent\"}", "x.json:2:10: \"boot\" is for whole machines: use \"start\" for a service"),
        ("{\"start\": []}", "x.json:2:11: the list of machines is empty"),
        ("{\"start\": [\"ash\", \"ash\"]}", "x.json:2:19: \"ash\" stands twice in the list"),
        (
            "{\"start\": 5}",
            "x.json:2:11: found 5, expected machines: \"all\", a name, a list of names, or {\"except\": …}"
        ),
        (
            "{\"crash\": {\"except\": \"all\"}}",
            "x.json:2:11: nothing is left: every machine is excepted"
        ),
    ])
    func inSteps(steps: String, expected: String) {
        #expect(Self.message(Self.steps(steps)) == expected)
    }

    @Test func deepNestingIsRefusedBeforeTheStackIsGone() {
        let text = String(repeating: "[", count: 100_000)
        #expect(Self.message(text) == "x.json:1:65: nested more than 64 deep")
    }
}
