/// A set of directed links, kept as one row of receivers for each sender: partitions of many machines share their rows.
public struct LinkSet: Sendable, Hashable {
    /// The receivers of each sender; no row is empty, and no machine is in its own row.
    public private(set) var rows: [String: Set<String>] = [:]

    public init() {}

    public init(_ links: some Sequence<DirectedLink>) {
        for link in links where link.from != link.to { rows[link.from, default: []].insert(link.to) }
    }

    /// Every link from one of these to one of those.
    public init(from senders: some Sequence<String>, to receivers: some Sequence<String>) {
        let all = Set(receivers)
        for sender in senders { insert(all.contains(sender) ? all.subtracting([sender]) : all, from: sender) }
    }

    /// Every link between machines of different groups, in both directions.
    public static func between(_ groups: [[String]]) -> LinkSet {
        var links = LinkSet()
        for index in groups.indices {
            let others = Set(groups.indices.filter { $0 != index }.flatMap { groups[$0] })
            links.formUnion(LinkSet(from: groups[index], to: others))
        }
        return links
    }

    public var isEmpty: Bool { rows.isEmpty }

    /// How many links there are.
    public var count: Int { rows.values.reduce(0) { $0 + $1.count } }

    /// Every link, in order. Costs as much as there are links.
    public var links: [DirectedLink] {
        rows.keys.sorted().flatMap { from in (rows[from] ?? []).sorted().map { DirectedLink(from: from, to: $0) } }
    }

    /// Every machine at either end.
    public var machines: Set<String> { rows.reduce(into: []) { $0.formUnion($1.value.union([$1.key])) } }

    public func contains(_ link: DirectedLink) -> Bool { rows[link.from]?.contains(link.to) ?? false }

    public mutating func formUnion(_ other: LinkSet) {
        for (sender, row) in other.rows { insert(row, from: sender) }
    }

    /// The same links the other way round.
    public var reversed: LinkSet {
        var links = LinkSet()
        for (sender, row) in rows { for receiver in row { links.rows[receiver, default: []].insert(sender) } }
        return links
    }

    private mutating func insert(_ row: Set<String>, from sender: String) {
        guard !row.isEmpty else { return }
        if let present = rows[sender] { rows[sender] = present.union(row) } else { rows[sender] = row }
    }
}

extension LinkSet: ExpressibleByArrayLiteral {
    public init(arrayLiteral links: DirectedLink...) { self.init(links) }
}
