import MeshModel

/// A set of machines that one can be picked from at random in O(1).
struct PickSet: Sendable {
    private var members: [MachineID] = []
    private var places: [MachineID: Int] = [:]

    var count: Int { members.count }

    mutating func insert(_ id: MachineID) {
        guard places[id] == nil else { return }
        places[id] = members.count
        members.append(id)
    }

    mutating func remove(_ id: MachineID) {
        guard let place = places.removeValue(forKey: id), let last = members.popLast(), last != id else { return }
        members[place] = last
        places[last] = place
    }

    /// Members in random order, none twice: all of them if there are at most `limit`, else at most `limit`.
    func sample(_ limit: Int, using generator: inout some RandomNumberGenerator) -> [MachineID] {
        guard members.count > limit else { return members.shuffled(using: &generator) }
        var seen: Set<Int> = []
        return (0..<limit).compactMap { _ in
            let place = Int.random(in: 0..<members.count, using: &generator)
            return seen.insert(place).inserted ? members[place] : nil
        }
    }
}
