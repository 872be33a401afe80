import NetworkModel

extension DirectedLink {
    /// The most links that the faults of a scenario may touch, all of them together: they are kept written out.
    static let limit = 4_000_000

    static func tooMany(at position: SourcePosition) -> ScenarioError {
        ScenarioError(
            at: position, "the faults up to here touch more than \(limit) links, the most that are allowed: choose fewer machines"
        )
    }

    /// From each to each other of these.
    static func from(
        _ sources: [String], to destinations: [String], at position: SourcePosition
    ) throws(ScenarioError) -> Set<DirectedLink> {
        guard sources.count * destinations.count <= limit else { throw tooMany(at: position) }
        return product(sources, destinations)
    }

    /// Every ordered pair of members of different groups.
    static func across(_ groups: [[String]], at position: SourcePosition) throws(ScenarioError) -> Set<DirectedLink> {
        let total = groups.reduce(0) { $0 + $1.count }
        guard groups.reduce(0, { $0 + $1.count * (total - $1.count) }) <= limit else { throw tooMany(at: position) }
        let everybody = groups.flatMap { $0 }
        var links: Set<DirectedLink> = []
        for group in groups {
            let members = Set(group)
            links.formUnion(product(group, everybody.filter { !members.contains($0) }))
        }
        return links
    }

    /// Every ordered pair of machines that are not neighbours in a ring.
    static func ring(_ machines: [String], at position: SourcePosition) throws(ScenarioError) -> Set<DirectedLink> {
        guard machines.count * machines.count <= limit else { throw tooMany(at: position) }
        var links: Set<DirectedLink> = []
        for (index, machine) in machines.enumerated() {
            for (other, peer) in machines.enumerated() {
                let distance = abs(index - other)
                if distance > 1, distance < machines.count - 1 { links.insert(DirectedLink(from: machine, to: peer)) }
            }
        }
        return links
    }

    /// From each to each other of these, however many.
    static func product(_ sources: [String], _ destinations: [String]) -> Set<DirectedLink> {
        var links = Set<DirectedLink>(minimumCapacity: sources.count * destinations.count)
        for source in sources {
            for destination in destinations where destination != source {
                links.insert(DirectedLink(from: source, to: destination))
            }
        }
        return links
    }
}
