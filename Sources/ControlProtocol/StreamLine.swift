import MeshModel

/// The JSON form of one line of the peer map stream.
///
/// `{"type":"snapshot","epoch":…,"revision":…,"peers":[…]}`,
/// `{"type":"delta","epoch":…,"revision":…,"upserts":[…],"removals":[…]}`,
/// `{"type":"keepalive","epoch":…,"revision":…}`.
public struct StreamLine: Codable, Sendable, Hashable {
    /// The update that the line carries.
    public let update: PeerMapUpdate

    /// Seconds between two lines at the most, keepalives included; a reader that hears nothing for three times as long reconnects.
    public static let keepaliveSeconds = 5

    /// The longest line in bytes that a reader accepts.
    public static let lengthLimit = 16 << 20

    public init(_ update: PeerMapUpdate) { self.update = update }

    private enum Kind: String, Codable { case snapshot, delta, keepalive }
    private enum Key: String, CodingKey { case type, epoch, revision, peers, upserts, removals }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let position = PeerMapPosition(
            epoch: try container.decode(String.self, forKey: .epoch),
            revision: try container.decode(UInt64.self, forKey: .revision))
        switch try container.decode(Kind.self, forKey: .type) {
        case .snapshot:
            update = .snapshot(position, try container.decode([Peer].self, forKey: .peers))
        case .delta:
            update = .delta(
                position,
                upserts: try container.decode([Peer].self, forKey: .upserts),
                removals: try container.decode([MachineID].self, forKey: .removals))
        case .keepalive:
            update = .keepalive(position)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch update {
        case .snapshot(_, let peers):
            try container.encode(Kind.snapshot, forKey: .type)
            try container.encode(peers, forKey: .peers)
        case .delta(_, let upserts, let removals):
            try container.encode(Kind.delta, forKey: .type)
            try container.encode(upserts, forKey: .upserts)
            try container.encode(removals, forKey: .removals)
        case .keepalive:
            try container.encode(Kind.keepalive, forKey: .type)
        }
        try container.encode(update.position.epoch, forKey: .epoch)
        try container.encode(update.position.revision, forKey: .revision)
    }
}
