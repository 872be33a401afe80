/// A set of links, taken apart into whole cables and the rest: what a whole cable suffers needs no look at the other end.
struct Coverage {
    /// Machines whose packets to every other machine are meant.
    var up: Set<String> = []
    /// Machines to which every other machine's packets are meant; their links are in none of the rows of `up`.
    var down: Set<String> = []
    /// All other links.
    var rest = LinkSet()

    /// - Parameter machines: everybody that "every other machine" means.
    init(_ links: LinkSet, machines: Set<String>) {
        let needed = machines.count - 1
        guard needed > 0 else {
            rest = links
            return
        }
        for (sender, row) in links.rows
        where row.count >= needed && machines.contains(sender) && machines.subtracting([sender]).isSubset(of: row) {
            up.insert(sender)
        }
        let remaining = links.rows.filter { !up.contains($0.key) }
        down = Self.wholeColumns(remaining, machines: machines)
        for (sender, row) in remaining { rest.formUnion(LinkSet(from: [sender], to: row.subtracting(down))) }
    }

    /// The machines that stand in every other machine's row.
    private static func wholeColumns(_ rows: [String: Set<String>], machines: Set<String>) -> Set<String> {
        guard rows.count >= machines.count - 1 else { return [] }
        var candidates = machines
        for machine in machines where !candidates.isEmpty {
            let row = rows[machine] ?? []
            candidates = candidates.filter { $0 == machine || row.contains($0) }
        }
        return candidates
    }
}
