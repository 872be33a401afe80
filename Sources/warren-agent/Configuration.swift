import ArgumentParser
import Basics
import CommandSupport
import FoundationEssentials
import Glibc
import LinuxProcess

/// Settings from the configuration file and the environment, as options that nobody has typed: flags come before the environment, and
/// the environment before the file.
struct Configuration {
    /// One setting: an option of some commands.
    struct Setting {
        /// The key in the file, and the option without its dashes.
        let key: String
        var kind = Kind.text
        /// The options that it must not stand beside.
        var excludes: [String] = []
        /// The commands that have it.
        var commands = ["run", "up"]

        enum Kind: String {
            case text = "a string"
            case number = "a whole number"
            case list = "a list of strings"
            case flag = "true or false"
        }

        /// The environment variable.
        var variable: String { "WARREN_AGENT_" + key.replacing("-", with: "_").uppercased() }
    }

    /// Where settings are read from unless it is said otherwise.
    static let defaultFile = "/etc/warren/agent.json"
    /// The environment variable that names another file, or `none`.
    static let fileVariable = "WARREN_AGENT_CONFIG"
    /// The most bytes of a file.
    static let sizeLimit = 65_536

    /// All settings there are. The join token itself stands in no file that others may read; its variable is `WARREN_JOIN`.
    static let settings: [Setting] = [
        Setting(key: "join-file", excludes: ["join"], commands: ["run", "up", "netcheck"]),
        Setting(key: "name"),
        Setting(key: "state", commands: ["run", "up", "netcheck", "leave"]),
        Setting(
            key: "run-dir",
            commands: ["run", "up", "down", "status", "peers", "netcheck", "metrics", "logs", "rotate-key", "leave"]),
        Setting(key: "interface", commands: ["run", "up", "netcheck"]),
        Setting(key: "backend"),
        Setting(key: "mtu", kind: .number),
        Setting(key: "listen-port", kind: .number, commands: ["run", "up", "netcheck"]),
        Setting(key: "endpoint", kind: .list),
        Setting(key: "hosts-file"),
        Setting(key: "metrics"),
        Setting(key: "log-level"),
    ]

    /// The arguments with the options that were not given, but are set elsewhere.
    ///
    /// - Throws: `ValidationError` that names the file or the variable, the key, what was found and what is allowed.
    static func expand(_ given: [String], environment: [String: String]) throws -> [String] {
        guard let name = given.first, let command = WarrenAgent.command(named: name), !given.contains("--help"),
            !given.contains("-h")
        else { return given }
        let file = try source(given, environment)
        let fromFile = try file.map { try read($0) } ?? [:]
        let fromEnvironment = try variables(environment)
        var added: [String] = []
        for setting in settings {
            let isGiven = ([setting.key] + setting.excludes).contains { isOption($0, in: given) }
            guard setting.commands.contains(name), !isGiven else { continue }
            let place: String
            let values: [String]
            if let text = fromEnvironment[setting.key] {
                (place, values) = (setting.variable, setting.kind == .list ? text.split(separator: ",").map(String.init) : [text])
            } else if setting.key == "join-file", environment["WARREN_JOIN"].map({ !$0.isEmpty }) ?? false {
                continue
            } else if let found = fromFile[setting.key] {
                (place, values) = ("\(file ?? ""): \(setting.key)", found)
            } else {
                continue
            }
            let options = values.map { "--\(setting.key)=\($0)" }
            try check(options, from: place, name, command)
            added += options
        }
        return [name] + added + given.dropFirst()
    }

    // MARK: Sources

    /// The file to read; nil: none.
    private static func source(_ given: [String], _ environment: [String: String]) throws -> String? {
        var named = environment[fileVariable].flatMap { $0.isEmpty ? nil : $0 }
        for (index, argument) in given.enumerated() {
            if argument == "--config", index + 1 < given.count { named = given[index + 1] }
            if argument.hasPrefix("--config=") { named = String(argument.dropFirst(9)) }
        }
        if named == "none" { return nil }
        if let named { return named }
        return access(defaultFile, F_OK) == 0 ? defaultFile : nil
    }

    private static func variables(_ environment: [String: String]) throws -> [String: String] {
        var found: [String: String] = [:]
        let known = Dictionary(settings.map { ($0.variable, $0.key) }) { first, _ in first }
        for (name, value) in environment.sorted(by: { $0.key < $1.key })
        where name.hasPrefix("WARREN_AGENT_") && name != fileVariable {
            guard let key = known[name] else {
                throw ValidationError(
                    "environment: \(name) is unknown\(nearest(name, known.keys)); known are \(list(known.keys))")
            }
            if !value.isEmpty { found[key] = value }
        }
        return found
    }

    /// The values of each key.
    private static func read(_ path: String) throws -> [String: [String]] {
        guard let content = FileManager.default.contents(atPath: path) else {
            throw ValidationError("\(path): cannot be read\(access(path, R_OK) == 0 ? "" : ": \(errorText(errno))")")
        }
        guard content.count <= sizeLimit else {
            throw ValidationError("\(path): found \(content.count) bytes; at most \(sizeLimit) are allowed")
        }
        let object: [String: PlainValue]
        do {
            object = try JSONDecoder().decode([String: PlainValue].self, from: content)
        } catch {
            throw ValidationError(
                "\(path): it is not a JSON object of settings, such as { \"name\": \"birch\", \"listen-port\": 51820 }")
        }
        var found: [String: [String]] = [:]
        for (key, value) in object.sorted(by: { $0.key < $1.key }) {
            guard let setting = settings.first(where: { $0.key == key }) else {
                let keys = settings.map(\.key)
                throw ValidationError("\(path): \(key) is unknown\(nearest(key, keys)); known are \(list(keys))")
            }
            guard let values = value.texts(as: setting.kind) else {
                throw ValidationError("\(path): \(key) is \(value); allowed is \(setting.kind.rawValue)")
            }
            found[key] = values
        }
        return found
    }

    // MARK: Checks

    /// Parses the options of one setting alone, so that what is wrong with it is told where it stands.
    private static func check(
        _ options: [String], from place: String, _ name: String, _ command: any ParsableCommand.Type
    ) throws {
        // A host name that is no machine's name is not the fault of this setting.
        let hasName = settings.first { $0.key == "name" }?.commands.contains(name) ?? false
        let rest = hasName && !options.contains { $0.hasPrefix("--name=") } ? ["--name=x"] : []
        do {
            _ = try command.parse(options + rest)
        } catch {
            let message = command.message(for: error)
            throw ValidationError("\(place): \(message.hasPrefix("Error: ") ? String(message.dropFirst(7)) : message)")
        }
    }

    private static func isOption(_ key: String, in arguments: [String]) -> Bool {
        arguments.contains { $0 == "--\(key)" || $0.hasPrefix("--\(key)=") }
    }

    private static func nearest(_ word: String, _ words: some Sequence<String>) -> String {
        NearestWord.to(word, among: words).map { ": did you mean \($0)?" } ?? ""
    }

    private static func list(_ words: some Sequence<String>) -> String { words.sorted().joined(separator: ", ") }
}

/// Which file settings are read from. `Configuration` reads it before the command is parsed.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "File with settings: a JSON object whose keys are the long options. \"none\": no file. Default: \(Configuration.defaultFile), if it is there.",
            valueName: "FILE"))
    var config: String?
}
