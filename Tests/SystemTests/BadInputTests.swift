import Basics
import FoundationEssentials
import Glibc
import LinuxProcess
import Testing

/// Bad input is refused before anything is started, with a message that says what to do.
@Suite struct BadInputTests {
    private func run(_ scenario: String) async throws -> (LinuxProcess.ExitStatus?, String, hasOutput: Bool) {
        let file = "/tmp/warren-bad-\(RandomBytes.hex(8)).json"
        try scenario.write(toFile: file, atomically: true, encoding: .utf8)
        defer { unlink(file) }
        let lab = try LabProcess(["run", file, "--output", "{output}"])
        let status = await lab.finish()
        return (status, lab.terminal.replacing(file, with: "bad.json"), access(lab.output, F_OK) == 0)
    }

    @Test(arguments: [
        ("{\n  \"version\": 1,,\n}", "lab: bad.json:2:16: syntax error: found \",\", expected a name in quotes\n"),
        (
            "{\"version\": 1, \"name\": \"x\", \"machines\": [\"ash\"],\n \"steps\": [{\"start\": \"oak\"}]}",
            "lab: bad.json:2:22: there is no machine \"oak\". Known: \"all\", \"ash\", \"coordinator\"\n"
        ),
        (
            "{\"version\": 1, \"name\": \"x\", \"machines\": [\"ash\", \"elm\"],\n\"steps\": [{\"eventually\": {\"ping\": \"all\"}, \"within\": \"-1s\"}]}",
            "lab: bad.json:2:53: \"-1s\" is no duration: expected a number with a unit: ms, s, m, h or d, such as "
                + "\"250ms\", \"2s\" or \"1.5m\"\n"
        ),
    ])
    func badScenario(text: String, expected: String) async throws {
        let (status, terminal, hasOutput) = try await run(text)
        #expect(status == .exited(64))
        #expect(terminal == expected)
        #expect(!hasOutput)
    }

    @Test func missingScenarioNamesTheNearest() async throws {
        let lab = try LabProcess(["run", "failrue"])
        #expect(await lab.finish() == .exited(64))
        #expect(lab.terminal.contains("Did you mean \"failure\"?"))
    }

    @Test func missingProgramIsAnEnvironmentFailure() async throws {
        let lab = try LabProcess(
            ["run", LabProcess.scenario("failure"), "--output", "{output}"], environment: ["WARREN_BIN": "/nowhere"])
        #expect(await lab.finish() == .exited(3))
        #expect(lab.terminal.contains("/nowhere/warren-coordinator is missing") && lab.terminal.contains("make build"))
        #expect(access(lab.output, F_OK) != 0)
    }

    @Test func usedOutputFolderIsRefused() async throws {
        let lab = try LabProcess(["run", LabProcess.scenario("failure"), "--output", "/proc/self"])
        #expect(await lab.finish() == .exited(3))
        #expect(lab.terminal.contains("is not empty"))
    }
}
