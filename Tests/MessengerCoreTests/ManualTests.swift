import FoundationEssentials
import TestSupport
import Testing

/// The manual page and the completions have every command and option that the program has.
@Suite struct ManualTests {
    private static let page =
        #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/docs/man/warren-messenger.1"

    @Test func thePageHasEveryCommandAndOption() async throws {
        let text = String(decoding: try #require(FileManager.default.contents(atPath: Self.page)), as: UTF8.self)
        let dump = try await Program.run(["--experimental-dump-help"], in: try TemporaryDirectory())
        let manual = try Manual(page: text, dump: dump.output)
        #expect(manual.commands.count > 7)
        #expect(manual.differences.isEmpty)
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func completionsAreMade(_ shell: String) async throws {
        let made = try await Program.run(["--generate-completion-script", shell], in: try TemporaryDirectory())
        #expect(made.status == 0)
        for word in ["broadcast", "inbox", "sent", "load", "in-flight", "follow"] {
            #expect(made.output.contains(word), "\(word)")
        }
    }
}
