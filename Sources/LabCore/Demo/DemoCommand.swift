import Basics
import FoundationEssentials
import ScenarioModel

/// What a presenter types while a run pauses. Pure.
public enum DemoCommand: Sendable, Hashable {
    case proceed
    case quit
    case help
    /// A step of the language.
    case step(String)
    case send(from: String, to: String, text: String)

    /// What there is, for a person.
    public static let helpText = """
        Enter, next              go on; what you changed is put right first
        kill MACHINE             power off: the machine is gone, without a word
        kill MACHINE/SERVICE     SIGKILL of its agent or messenger, or of coordinator/coordinator
        restart MACHINE[/SERVICE]
        start MACHINE[/SERVICE]
        partition MACHINE …      cut these, as one group, off from all other machines
        heal                     end all partitions
        send FROM TO TEXT        a message over the mesh
        quit                     end the demo: everything is taken down
        """

    /// - Parameters:
    ///   - machines: without the coordinator's.
    ///   - number: makes names of partitions differ.
    /// - Throws: `usage` with what is allowed.
    public init(_ line: String, machines: [String], number: Int) throws(CodedError) {
        let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
        let rest = Array(words.dropFirst())
        switch words.first?.lowercased() {
        case nil, "next", "n", "go": self = .proceed
        case "quit", "q", "exit": self = .quit
        case "help", "h", "?": self = .help
        case "kill", "k":
            let target = try Self.target(rest, "kill", machines)
            self = .step(Self.json([(target.contains("/") ? "kill" : "crash", target)]))
        case "restart", "r": self = .step(Self.json([("restart", try Self.target(rest, "restart", machines))]))
        case "start", "s": self = .step(Self.json([("start", try Self.target(rest, "start", machines))]))
        case "partition", "p":
            guard !rest.isEmpty else { throw CodedError("usage", "partition: name at least one machine") }
            for name in rest { try Self.check(name, machines) }
            guard Set(rest).count < machines.count, Set(rest).count == rest.count else {
                throw CodedError("usage", "partition: name each machine once, and leave at least one on the other side")
            }
            let names = rest.map { "\"\($0)\"" }.joined(separator: ", ")
            self = .step("{\"partition\": {\"name\": \"by-hand-\(number)\", \"isolate\": [\(names)]}}")
        case "heal": self = .step("{\"heal\": \"all\"}")
        case "send":
            guard rest.count >= 3, rest[0] != rest[1] else {
                throw CodedError(
                    "usage", "send: expected FROM TO TEXT, such as: send \(machines.prefix(2).joined(separator: " ")) hello")
            }
            for name in rest.prefix(2) { try Self.check(name, machines) }
            self = .send(from: rest[0], to: rest[1], text: rest.dropFirst(2).joined(separator: " "))
        case let word?:
            let known = ["next", "kill", "restart", "start", "partition", "heal", "send", "help", "quit"]
            let hint = NearestWord.to(word, among: known).map { " Did you mean \"\($0)\"?" } ?? ""
            throw CodedError("usage", "there is no command \"\(word)\".\(hint) There are: \(known.joined(separator: ", "))")
        }
    }

    private static func target(_ words: [String], _ verb: String, _ machines: [String]) throws(CodedError) -> String {
        guard words.count == 1, let word = words.first else {
            throw CodedError("usage", "\(verb): expected MACHINE or MACHINE/SERVICE, such as: \(verb) \(machines.first ?? "ash")")
        }
        let parts = word.split(separator: "/", maxSplits: 1).map(String.init)
        try check(parts.first ?? "", machines + [Scenario.coordinatorMachine])
        return word
    }

    private static func check(_ name: String, _ machines: [String]) throws(CodedError) {
        guard !machines.contains(name) else { return }
        let hint = NearestWord.to(name, among: machines).map { " Did you mean \"\($0)\"?" } ?? ""
        throw CodedError("usage", "there is no machine \"\(name)\".\(hint) There are: \(machines.joined(separator: ", "))")
    }

    private static func json(_ members: [(String, String)]) -> String {
        "{\(members.map { "\"\($0)\": \"\($1.replacing("\"", with: ""))\"" }.joined(separator: ", "))}"
    }
}
