/// How far a machine has followed the coordinator's peer map.
public struct PeerMapPosition: Codable, Sendable, Hashable, CustomStringConvertible {
    /// Names one unbroken history of revisions; another epoch means that nothing learnt before can be built upon.
    public var epoch: String
    /// Grows by one with each change within an epoch.
    public var revision: UInt64

    public init(epoch: String, revision: UInt64) {
        self.epoch = epoch
        self.revision = revision
    }

    public var description: String { "\(epoch):\(revision)" }
}

/// One line of the peer map stream.
public enum PeerMapUpdate: Sendable, Hashable {
    /// The whole map: whatever it does not hold is gone. An empty one means that there are no peers.
    case snapshot(PeerMapPosition, [Peer])
    /// What changed since the position before: peers new or altered, and ids that left.
    case delta(PeerMapPosition, upserts: [Peer], removals: [MachineID])
    /// Nothing that concerns the reader changed up to this position; sent so that silence means a broken connection.
    case keepalive(PeerMapPosition)
    /// The map that the reader has is the coordinator's, whatever epoch it learnt it in, but for who is suspect: these and nobody else.
    case unchanged(PeerMapPosition, suspects: [MachineID])

    /// The position after this update.
    public var position: PeerMapPosition {
        switch self {
        case .snapshot(let position, _), .delta(let position, _, _), .keepalive(let position), .unchanged(let position, _):
            position
        }
    }
}

/// A machine's copy of the peer map.
public struct PeerMap: Codable, Sendable, Hashable {
    /// Nil until the first snapshot.
    public private(set) var position: PeerMapPosition?
    public private(set) var peers: [MachineID: Peer]

    public init(position: PeerMapPosition? = nil, peers: [MachineID: Peer] = [:]) {
        self.position = position
        self.peers = peers
    }

    /// Why an update could not be applied.
    public enum Refusal: Error, Sendable, Hashable {
        /// A delta or keepalive of another epoch, or anything before the first snapshot: ask for a snapshot.
        case otherEpoch
        /// A revision below the one already applied.
        case backwards
    }

    /// Applies one update, whole or not at all.
    public mutating func apply(_ update: PeerMapUpdate) throws(Refusal) {
        switch update {
        case .snapshot(let next, let all):
            peers = Dictionary(all.map { ($0.id, $0) }) { _, last in last }
            position = next
        case .delta(let next, let upserts, let removals):
            try check(next)
            for id in removals { peers[id] = nil }
            for peer in upserts { peers[peer.id] = peer }
            position = next
        case .keepalive(let next):
            try check(next)
            position = next
        case .unchanged(let next, let suspects):
            guard position != nil else { throw .otherEpoch }
            setSuspects(Set(suspects))
            position = next
        }
    }

    private mutating func setSuspects(_ suspects: Set<MachineID>) {
        for (id, peer) in peers where peer.liveness != .unresponsive {
            let liveness: Liveness = suspects.contains(id) ? .suspect : .alive
            if peer.liveness != liveness { peers[id]?.liveness = liveness }
        }
    }

    private func check(_ next: PeerMapPosition) throws(Refusal) {
        guard let position, position.epoch == next.epoch else { throw .otherEpoch }
        guard next.revision >= position.revision else { throw .backwards }
    }
}
