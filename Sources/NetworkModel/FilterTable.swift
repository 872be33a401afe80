/// A table of nftables' bridge family as data: written as a script for one transaction, and compared with what the kernel has.
public struct FilterTable: Sendable, Hashable {
    /// A set, or a map to verdicts.
    public struct Collection: Sendable, Hashable {
        public let name: String
        /// The parts of an element: `ifname`, `ipv4_addr` or `ipv6_addr`.
        public let types: [String]
        /// A map: the last part of each element is the chain to jump to.
        public let isMap: Bool
        /// In order.
        public let elements: [[String]]
    }

    /// A chain; the one named `forward` is the hook.
    public struct Chain: Sendable, Hashable {
        public let name: String
        public let rules: [String]
    }

    /// The fault of each counter, in order of the counters `f0`, `f1`, …; a fault may have several.
    public var faults: [String] = []
    public var collections: [Collection] = []
    public var chains: [Chain] = []

    public init() {}

    /// The table's name.
    public static let name = "lab"

    public var isEmpty: Bool { chains.isEmpty }

    /// The elements of all sets and maps.
    public var elementCount: Int { collections.reduce(0) { $0 + $1.elements.count } }

    /// Brings the kernel to this state in one transaction, whatever it was in; for `nft -f -`.
    public var script: String {
        let table = "table bridge \(Self.name)"
        // Adding first makes deleting succeed whether it was there or not.
        var text = "add \(table)\ndelete \(table)\n"
        guard !isEmpty else { return text }
        text += "\(table) {\n"
        for index in faults.indices { text += "    counter f\(index) {\n    }\n" }
        for collection in collections { text += Self.text(collection) }
        for chain in chains {
            text += "    chain \(chain.name) {\n"
            if chain.name == "forward" { text += "        type filter hook forward priority 0; policy accept;\n" }
            text += chain.rules.map { "        \($0)\n" }.joined() + "    }\n"
        }
        return text + "}\n"
    }

    private static func text(_ collection: Collection) -> String {
        let type = collection.types.joined(separator: " . ")
        var text = "    \(collection.isMap ? "map" : "set") \(collection.name) {\n"
        text += "        type \(type)\(collection.isMap ? " : verdict" : "")\n"
        if !collection.elements.isEmpty {
            let elements = collection.elements.map { element in
                let key = zip(element, collection.types).map { $1 == "ifname" ? "\"\($0)\"" : $0 }.joined(separator: " . ")
                return collection.isMap ? "\(key) : jump \(element.last ?? "")" : key
            }
            text += "        elements = { \(elements.joined(separator: ", ")) }\n"
        }
        return text + "    }\n"
    }
}
