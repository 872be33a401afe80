import MeshModel

/// The latest changes of the peer map, one machine id a revision, in a ring of fixed size.
public struct ChangeLog: Sendable {
    /// How many changes are kept.
    public let capacity: Int
    /// The revision of the latest change; 0 before the first.
    public private(set) var revision: UInt64
    /// What came before is not remembered.
    private let base: UInt64
    /// The change of revision r stands at index (r - base - 1) % capacity: revisions have no gaps.
    private var ring: [MachineID] = []

    /// - Parameters:
    ///   - capacity: at least 1.
    ///   - base: the revision that has been reached already, by changes that are not remembered.
    public init(capacity: Int, base: UInt64 = 0) {
        self.capacity = max(1, capacity)
        self.base = base
        revision = base
    }

    /// Records that something about the machine changed, under the next revision.
    public mutating func append(_ id: MachineID) {
        let index = index(of: revision)
        if index == ring.count { ring.append(id) } else { ring[index] = id }
        revision += 1
    }

    /// The machines that changed after a revision, each once, in the order of their latest change.
    ///
    /// Nil if the log no longer reaches back that far, or the revision has not happened yet.
    public func machines(after since: UInt64) -> [MachineID]? {
        guard since <= revision, revision - since <= UInt64(ring.count) else { return nil }
        var seen: Set<MachineID> = []
        var latestFirst: [MachineID] = []
        var position = revision
        while position > since {
            position -= 1
            let id = ring[index(of: position)]
            if seen.insert(id).inserted { latestFirst.append(id) }
        }
        return latestFirst.reversed()
    }

    /// Each single change after a revision, oldest first; nil as with `machines(after:)`.
    public func changes(after since: UInt64) -> [MachineID]? {
        guard since <= revision, revision - since <= UInt64(ring.count) else { return nil }
        return (since..<revision).map { ring[index(of: $0)] }
    }

    /// Where the change stands that led from this revision to the next.
    private func index(of revision: UInt64) -> Int { Int((revision - base) % UInt64(capacity)) }
}
