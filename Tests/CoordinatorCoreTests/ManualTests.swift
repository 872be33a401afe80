import FoundationEssentials
import TestSupport
import Testing

/// The manual page and the completions have every command and option that the program has.
@Suite struct ManualTests {
    private static let page =
        #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/docs/man/warren-coordinator.1"

    @Test func thePageHasEveryCommandAndOption() async throws {
        let directory = try TestDirectory()
        let text = String(decoding: try #require(FileManager.default.contents(atPath: Self.page)), as: UTF8.self)
        let dump = try await Program.run(["--experimental-dump-help"], in: directory)
        let manual = try Manual(page: text, dump: dump.output)
        #expect(manual.commands.count > 10)
        #expect(manual.differences.isEmpty)
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func completionsAreMade(_ shell: String) async throws {
        let directory = try TestDirectory()
        let made = try await Program.run(["--generate-completion-script", shell], in: directory)
        #expect(made.code == 0)
        for word in ["machines", "events", "doctor", "backup", "rename", "revoke", "follow"] {
            #expect(made.output.contains(word), "\(word)")
        }
    }
}
