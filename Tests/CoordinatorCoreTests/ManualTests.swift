import Basics
import FoundationEssentials
import LinuxProcess
import Testing

/// The manual page and the completions have every command and option that the program has.
@Suite struct ManualTests {
    private struct Dump: Decodable {
        let command: Command
    }

    private struct Command: Decodable {
        let commandName: String
        let subcommands: [Command]?
        let arguments: [Argument]?
    }

    private struct Argument: Decodable {
        struct Name: Decodable {
            let kind: String
            let name: String
        }
        let names: [Name]?
        let valueName: String?
        let kind: String
        let shouldDisplay: Bool
    }

    private static let page =
        #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/docs/man/warren-coordinator.1"

    /// Section by section: the command, and the options in it.
    private func sections() throws -> [String: String] {
        let text = String(decoding: try #require(FileManager.default.contents(atPath: Self.page)), as: UTF8.self)
        var sections: [String: String] = [:]
        for part in text.replacing("\\-", with: "-").components(separatedBy: "\n.SS ").dropFirst() {
            let title = part.prefix { $0 != "\n" }
            sections[String(title)] = String(part.dropFirst(title.count))
        }
        return sections
    }

    @Test func thePageHasEveryCommandAndOption() async throws {
        let directory = try TestDirectory()
        let dump = try await Program.run(["--experimental-dump-help"], in: directory)
        let root = try JSONDecoder().decode(Dump.self, from: Data(dump.output.utf8)).command
        let sections = try sections()
        var seen: Set<String> = []
        func check(_ command: Command, _ path: String) {
            for sub in command.subcommands ?? [] where sub.commandName != "help" {
                let own = "\(path) \(sub.commandName)"
                seen.insert(own)
                let section = sections[own] ?? ""
                #expect(!section.isEmpty, "\(own) is missing: see packaging/man.jq")
                for argument in sub.arguments ?? [] where argument.shouldDisplay {
                    let names = (argument.names ?? []).filter { $0.kind == "long" && !["help", "version"].contains($0.name) }
                    for name in names { #expect(section.contains("\\fB--\(name.name)\\fR"), "\(own) --\(name.name)") }
                    guard argument.kind == "positional", let value = argument.valueName else { continue }
                    #expect(section.contains("\\fI\(value)\\fR"), "\(own) \(value)")
                }
                check(sub, own)
            }
        }
        check(root, root.commandName)
        #expect(seen.count > 10)
        #expect(Set(sections.keys).subtracting(seen).isEmpty, "the page has nothing that the program has not")
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
