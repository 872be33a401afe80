import FoundationEssentials

/// A manual page, and what the program says of itself.
public struct Manual {
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

    /// Section by section: the command, and the options in it.
    private let sections: [String: String]
    private let root: Command

    /// - Parameters:
    ///   - page: the text of the manual page.
    ///   - dump: what the program prints with `--experimental-dump-help`.
    public init(page: String, dump: String) throws {
        root = try JSONDecoder().decode(Dump.self, from: Data(dump.utf8)).command
        var sections: [String: String] = [:]
        var title: String?
        for line in page.replacing("\\-", with: "-").split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix(".SS ") {
                title = String(line.dropFirst(4))
            } else if let title {
                sections[title, default: ""] += line + "\n"
            }
        }
        self.sections = sections
    }

    /// The commands of the program, each with all words before it.
    public var commands: Set<String> { Set(walk(root, root.commandName).map(\.0)) }

    /// The long options of one command.
    public func options(of command: String) -> Set<String> {
        let found = walk(root, root.commandName).first { $0.0 == command }?.1
        return Set((found?.arguments ?? []).filter(\.shouldDisplay).flatMap(Self.longNames))
    }

    /// What the page lacks, and what it has that the program has not.
    public var differences: [String] {
        var found: [String] = []
        for (own, command) in walk(root, root.commandName) {
            let section = sections[own] ?? ""
            if section.isEmpty { found.append("\(own) is missing: see packaging/man.jq") }
            for argument in command.arguments ?? [] where argument.shouldDisplay {
                for name in Self.longNames(argument) where !section.contains("--\(name)") {
                    found.append("\(own) --\(name) is missing")
                }
                guard argument.kind == "positional", let value = argument.valueName else { continue }
                if !section.contains("\\fI\(value)\\fR") { found.append("\(own) \(value) is missing") }
            }
        }
        return found + Set(sections.keys).subtracting(commands).sorted().map { "\($0) is no command" }
    }

    private static func longNames(_ argument: Argument) -> [String] {
        (argument.names ?? []).filter { $0.kind == "long" && !["help", "version"].contains($0.name) }.map(\.name)
    }

    private func walk(_ command: Command, _ path: String) -> [(String, Command)] {
        (command.subcommands ?? []).filter { $0.commandName != "help" }.flatMap { sub in
            let own = "\(path) \(sub.commandName)"
            return [(own, sub)] + walk(sub, own)
        }
    }
}
