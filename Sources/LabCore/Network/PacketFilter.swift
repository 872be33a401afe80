import Basics
import FoundationEssentials
import Glibc
import LinuxProcess

/// Drops frames between bridge ports, with a table of its own in nftables' bridge family.
///
/// The wanted state is a set of directed port pairs; each change replaces the whole set in one transaction, so that partitions may
/// overlap and be healed one by one.
struct PacketFilter {
    private let nft: String
    private var partitions: [(name: String, pairs: Set<PortPair>)] = []

    /// Frames from one port to another.
    struct PortPair: Hashable, Comparable {
        let from: String
        let to: String
        static func < (left: Self, right: Self) -> Bool { (left.from, left.to) < (right.from, right.to) }
    }

    init(nft: String) { self.nft = nft }

    /// Every pair that is dropped now.
    var blocked: Set<PortPair> { partitions.reduce(into: []) { $0.formUnion($1.pairs) } }

    /// Adds a cut between ports.
    mutating func add(name: String, pairs: Set<PortPair>) async throws {
        partitions.removeAll { $0.name == name }
        partitions.append((name, pairs))
        try await apply()
    }

    /// Ends one partition, or all.
    mutating func remove(name: String?) async throws {
        guard !partitions.isEmpty else { return }
        partitions.removeAll { name == nil || $0.name == name }
        try await apply()
    }

    private func apply() async throws {
        let wanted = blocked
        try await load(Self.script(wanted))
        let actual = try await readBack()
        guard actual == wanted else {
            throw CodedError(
                "fault.not-in-effect", "the kernel drops \(actual.count) port pairs where \(wanted.count) were asked for")
        }
    }

    /// The transaction that brings the table to the wanted state, whatever it was.
    static func script(_ pairs: Set<PortPair>) -> String {
        let elements = pairs.sorted().map { "\"\($0.from)\" . \"\($0.to)\"" }.joined(separator: ", ")
        return """
            add table bridge lab
            flush table bridge lab
            delete table bridge lab
            table bridge lab {
                set blocked {
                    type ifname . ifname
                    \(pairs.isEmpty ? "" : "elements = { \(elements) }")
                }
                chain forward {
                    type filter hook forward priority 0; policy accept;
                    iifname . oifname @blocked counter drop
                }
            }

            """
    }

    private func load(_ script: String) async throws {
        _ = try await CommandRun.require(nft, ["-f", "-"], input: script)
    }

    private func readBack() async throws -> Set<PortPair> {
        let json = try await CommandRun.require(nft, ["-j", "list", "set", "bridge", "lab", "blocked"], input: "")
        struct Answer: Decodable {
            struct Entry: Decodable { var set: SetEntry? }
            struct SetEntry: Decodable { var elem: [Element]? }
            struct Element: Decodable { var concat: [String] }
            var nftables: [Entry]
        }
        let answer: Answer
        do {
            answer = try JSONDecoder().decode(Answer.self, from: Data(json.utf8))
        } catch {
            throw CodedError("fault.not-in-effect", "cannot read nft's answer", cause: error)
        }
        let elements = answer.nftables.compactMap(\.set).flatMap { $0.elem ?? [] }
        return Set(elements.filter { $0.concat.count == 2 }.map { PortPair(from: $0.concat[0], to: $0.concat[1]) })
    }
}
