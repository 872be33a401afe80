import Basics
import FoundationEssentials
import Glibc
import LabReport
import LinuxProcess
import Testing

/// What this computer cannot do, and what should not be there any more.
@Suite(.serialized) struct LackingTests {
    private static func scenario(_ more: String = "", steps: String = "") -> String {
        """
        { "version": 1, "name": "tiny", "machines": ["ash", "birch"], \(more)
          "system": { "services": [{ "name": "idle", "command": ["sleep", "100000"] }] },
          "steps": [\(steps) { "start": "all" }, { "always": { "service": { "of": "all/idle", "is": "running" } }, "for": "2s" }] }
        """
    }

    private func folder() throws -> String {
        var template = Array("/tmp/warren-lack-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw CodedError("test", "mkdtemp: \(errorText(errno))") }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// A kernel without the rules, as far as can be told: an nft that says what the real one would.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("lab-needs", scenario(steps: "{ \"partition\": { \"name\": \"p\", \"isolate\": \"ash\" } },"), "nft_meta_bridge"),
            (
                "snat|masquerade|nat hook",
                scenario("\"network\": { \"sites\": [{ \"name\": \"s\", \"nat\": \"symmetric\" }] },"), "nft_nat"
            ),
        ])
    func aScenarioThatAsksForTooMuchIsSkipped(pattern: String, scenario: String, advice: String) async throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let script = """
            #!/bin/sh
            input=$(cat)
            if printf '%s' "$input" | grep -Eq '\(pattern)'; then echo 'Error: Could not process rule: Operation not supported' >&2; exit 1; fi
            printf '%s\\n' "$input" | exec \(try #require(findExecutable("nft"))) "$@"
            """
        try script.write(toFile: "\(folder)/nft", atomically: true, encoding: .utf8)
        chmod("\(folder)/nft", 0o755)
        try scenario.write(toFile: "\(folder)/tiny.json", atomically: true, encoding: .utf8)
        let path = currentEnvironment()["PATH"] ?? "/usr/bin:/bin"
        let lab = try LabProcess(
            ["run", "\(folder)/tiny.json", "--output", "{output}"], environment: ["PATH": "\(folder):\(path)"])
        #expect(await lab.finish() == .exited(4), "\(lab.terminal)")
        #expect(lab.terminal.contains(advice) && lab.terminal.contains("not supported"), "\(lab.terminal)")
        #expect(try lab.report().outcome == .skipped)
        // Another scenario runs there.
        try Self.scenario().write(toFile: "\(folder)/tiny.json", atomically: true, encoding: .utf8)
        let other = try LabProcess(
            ["run", "\(folder)/tiny.json", "--output", "{output}"], environment: ["PATH": "\(folder):\(path)"])
        #expect(await other.finish() == .exited(0), "\(other.terminal)")
    }

    /// A link of the lab's in the namespace outside is found; one of somebody else's is not the lab's business.
    @Test(
        .timeLimit(.minutes(1)), .enabled(if: geteuid() == 0),
        arguments: [("switch3", 5), ("rm7a", 5), ("docker7", 0)] as [(String, Int32)])
    func aLinkOutsideIsFound(name: String, code: Int32) async throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Self.scenario().write(toFile: "\(folder)/tiny.json", atomically: true, encoding: .utf8)
        let lab = try LabProcess(
            ["run", "\(folder)/tiny.json", "--output", "{output}"], wrapper: [try #require(findExecutable("unshare")), "-n"])
        try await lab.waitFor("start all machines")
        let link = try ChildProcess.spawn(
            ProcessSpec(
                executable: try #require(findExecutable("nsenter")),
                arguments: ["-t", "\(lab.process.pid)", "-n", "ip", "link", "add", name, "type", "bridge"]))
        #expect(await link.wait(within: .seconds(10)) == .exited(0))
        #expect(await lab.finish() == .exited(code), "\(lab.terminal)")
        #expect(lab.terminal.contains("network link \(name)") == (code == 5), "\(lab.terminal)")
    }
}
