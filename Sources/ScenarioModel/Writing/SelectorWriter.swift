import NetworkModel

/// Writes machines, services and links in the shortest of a few forms.
struct SelectorWriter {
    let cast: Cast

    func machines(_ names: [String]) -> JSONNode {
        if names.count == 1, let name = names.first { return JSONNode(name) }
        let chosen = Set(names)
        let rest = cast.names.filter { !chosen.contains($0) }
        // The coordinator's machine is in none of the short forms.
        guard chosen.count + rest.count == cast.names.count else { return JSONNode(names) }
        if rest.isEmpty { return JSONNode("all") }
        return rest.count < names.count ? JSONNode([("except", JSONNode(rest))]) : JSONNode(names)
    }

    func target(_ target: Target) -> JSONNode {
        guard let service = target.service else { return machines(target.machines) }
        if target.machines == cast.machines(with: service), target.machines.count > 1 { return JSONNode("all/\(service)") }
        if target.machines.count == 1, let name = target.machines.first { return JSONNode("\(name)/\(service)") }
        return JSONNode(target.machines.map { "\($0)/\(service)" })
    }

    // MARK: Links

    /// `groups` if the links are all that cross between groups, `links` otherwise.
    func cut(_ links: Set<DirectedLink>) -> (String, JSONNode) {
        let destinations = Dictionary(grouping: links, by: \.from).mapValues { Set($0.map(\.to)) }
        let everybody = Set(destinations.keys)
        let groups = Dictionary(grouping: everybody) { destinations[$0] ?? [] }
        let isGroups = groups.count > 1 && groups.allSatisfy { others, group in others == everybody.subtracting(group) }
        guard isGroups else { return ("links", pairs(links)) }
        let sorted = groups.values.map { cast.sorted($0) }.sorted { cast.sorted([$0[0], $1[0]])[0] == $0[0] }
        return ("groups", JSONNode(sorted.map(machines)))
    }

    /// `from` and `to` if that says it, `links` otherwise.
    func members(_ links: Set<DirectedLink>) -> [(String, JSONNode?)] {
        let from = cast.sorted(Set(links.map(\.from)))
        let to = cast.sorted(Set(links.map(\.to)))
        guard DirectedLink.isProduct(links, from, to) else { return [("links", pairs(links))] }
        return [("from", machines(from)), ("to", machines(to))]
    }

    /// A pair of selectors for all sources that have the same destinations.
    private func pairs(_ links: Set<DirectedLink>) -> JSONNode {
        let destinations = Dictionary(grouping: links, by: \.from).mapValues { cast.sorted($0.map(\.to)) }
        let sources = Dictionary(grouping: destinations.keys) { destinations[$0] ?? [] }.mapValues { cast.sorted($0) }
        let sorted = sources.sorted { cast.sorted([$0.value[0], $1.value[0]])[0] == $0.value[0] }
        return JSONNode(sorted.map { JSONNode([machines($0.value), machines($0.key)]) })
    }
}

extension DirectedLink {
    /// Whether the links are from each to each other of these.
    static func isProduct(_ links: Set<DirectedLink>, _ sources: [String], _ destinations: [String]) -> Bool {
        let both = Set(sources).intersection(destinations).count
        // The ends are theirs, so that the number decides.
        return links.count == sources.count * destinations.count - both
    }
}
