import Basics
import FoundationEssentials
import NetworkModel

/// What `nft -j list table` prints, as far as it matters here.
struct FilterAnswer: Decodable {
    struct Entry: Decodable {
        var set: Collection?
        var map: Collection?
        var chain: Chain?
        var rule: Rule?
        var counter: Counter?
    }

    struct Collection: Decodable {
        var name: String
        var elem: [Element]?
    }

    struct Chain: Decodable { var name: String }

    struct Rule: Decodable {
        var chain: String
        var expr: [JSONValue]
    }

    struct Counter: Decodable {
        var name: String
        var packets: UInt64
    }

    /// `"m1"`, `{"concat": ["m1", "m2"]}` or `["m1", {"jump": {"target": "c"}}]`, each as its parts.
    struct Element: Decodable {
        let parts: [String]

        init(from decoder: any Decoder) throws {
            let value = try JSONValue(from: decoder)
            func text(_ value: JSONValue) -> [String] {
                switch value {
                case .text(let text): return [text]
                case .object(let fields):
                    if case .list(let list)? = fields["concat"] { return list.flatMap(text) }
                    if case .object(let jump)? = fields["jump"], let target = jump["target"] { return text(target) }
                    return fields.keys.sorted()
                case .list(let list): return list.flatMap(text)
                case .number(let number): return ["\(number)"]
                case .bool, .null: return []
                }
            }
            parts = text(value)
        }
    }

    var nftables: [Entry]

    /// - Throws: `fault.not-in-effect` for anything else than such an answer; one that was cut short, too.
    static func decode(_ text: String) throws(CodedError) -> FilterAnswer {
        do {
            return try JSONDecoder().decode(FilterAnswer.self, from: Data(text.utf8))
        } catch {
            throw .notInEffect("cannot read nft's answer of \(text.utf8.count) bytes", cause: error)
        }
    }

    /// The rules of each chain, without handles and counts.
    var rules: [String: [[JSONValue]]] {
        var rules: [String: [[JSONValue]]] = [:]
        for entry in nftables {
            if let chain = entry.chain { rules[chain.name, default: []] += [] }
            if let rule = entry.rule { rules[rule.chain, default: []].append(rule.expr) }
        }
        return rules
    }

    /// Throws unless sets, maps, chains and the number of their rules are the table's.
    func compare(with table: FilterTable) throws(CodedError) {
        var found: [String: Set<[String]>] = [:]
        for collection in nftables.compactMap({ $0.set ?? $0.map }) {
            found[collection.name] = Set((collection.elem ?? []).map(\.parts))
        }
        for collection in table.collections {
            guard let elements = found.removeValue(forKey: collection.name) else {
                throw .notInEffect("nftables has no set \(collection.name)")
            }
            guard elements == Set(collection.elements) else {
                throw .notInEffect(
                    "nftables' set \(collection.name) has \(elements.count) elements that are not the \(collection.elements.count) that were asked for"
                )
            }
        }
        if let extra = found.keys.min() { throw .notInEffect("nftables has a set \(extra) that nobody asked for") }
        let counts = rules.mapValues(\.count)
        let wanted = Dictionary(table.chains.map { ($0.name, $0.rules.count) }, uniquingKeysWith: { first, _ in first })
        guard counts == wanted else {
            let chain = Set(counts.keys).union(wanted.keys).sorted().first { counts[$0] != wanted[$0] } ?? ""
            throw .notInEffect(
                "nftables' chain \(chain) has \(counts[chain] ?? 0) rules where \(wanted[chain] ?? 0) were asked for")
        }
    }
}

/// Any JSON.
enum JSONValue: Decodable, Hashable, Sendable {
    case text(String)
    case number(Double)
    case bool(Bool)
    case list([JSONValue])
    case object([String: JSONValue])
    case null

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([String: JSONValue].self) {
            self = .object(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .list(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else {
            self = .null
        }
    }
}
