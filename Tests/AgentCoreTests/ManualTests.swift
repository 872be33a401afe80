import FoundationEssentials
import TestSupport
import Testing

/// The manual page and the completions have every command and option that the program has, and the table of settings those of `run`.
@Suite struct ManualTests {
    private static let docs = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/docs"

    private func text(_ name: String) throws -> String {
        String(decoding: try #require(FileManager.default.contents(atPath: "\(Self.docs)/\(name)")), as: UTF8.self)
    }

    private func manual() async throws -> Manual {
        let dump = try await Program.run(["--experimental-dump-help"], in: Scratch())
        return try Manual(page: text("man/warren-agent.1"), dump: dump.output)
    }

    @Test func thePageHasEveryCommandAndOption() async throws {
        let manual = try await manual()
        #expect(manual.commands.count > 8)
        #expect(manual.differences.isEmpty)
    }

    /// An option that is added later needs its line in `Configuration.settings`, too.
    @Test func everyOptionOfRunIsASettingAndInTheTable() async throws {
        let options = try await manual().options(of: "warren-agent run").subtracting(["config", "join"])
        let table = Set(try text("agent.md").matches(of: #/(?m)^\| `--([a-z-]+)`/#).map { String($0.1) })
        #expect(table.subtracting(["join", "config"]) == options)
        let scratch = try Scratch()
        let file = try scratch.write("{ \"no-such-setting\": 1 }", to: "agent.json")
        let refused = try await Program.run(["run", "--config", file], in: scratch).errors
        let known = try #require(refused.firstMatch(of: #/known are (.*)\n/#)).1.split(separator: ", ").map(String.init)
        #expect(Set(known) == options)
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func completionsAreMade(_ shell: String) async throws {
        let made = try await Program.run(["--generate-completion-script", shell], in: Scratch())
        #expect(made.code == 0)
        for word in ["peers", "netcheck", "leave", "logs", "hosts-file", "follow"] {
            #expect(made.output.contains(word), "\(word)")
        }
    }
}
