import MeshModel

/// The latest changes of the peer map, one machine id a revision, in a ring of fixed size.
struct ChangeLog: Sendable {
    /// How many changes are kept.
    let capacity: Int
    /// The revision of the latest change; 0 before the first.
    private(set) var revision: UInt64 = 0
    /// The change of revision r stands at index (r - 1) % capacity: revisions have no gaps.
    private var ring: [MachineID] = []

    /// - Parameter capacity: at least 1.
    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    /// Records that something about the machine changed, under the next revision.
    mutating func append(_ id: MachineID) {
        let index = Int(revision % UInt64(capacity))
        if index == ring.count { ring.append(id) } else { ring[index] = id }
        revision += 1
    }

    /// The machines that changed after a revision, each once, in the order of their latest change.
    ///
    /// Nil if the log no longer reaches back that far, or the revision has not happened yet.
    func machines(after since: UInt64) -> [MachineID]? {
        guard since <= revision, revision - since <= UInt64(ring.count) else { return nil }
        var seen: Set<MachineID> = []
        var latestFirst: [MachineID] = []
        var position = revision
        while position > since {
            position -= 1
            let id = ring[Int(position % UInt64(capacity))]
            if seen.insert(id).inserted { latestFirst.append(id) }
        }
        return latestFirst.reversed()
    }
}
