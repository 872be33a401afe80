import MeshModel

/// One line of the peer map stream.
///
/// `{"type":"snapshot","epoch":…,"revision":…,"peers":[…]}`,
/// `{"type":"delta","epoch":…,"revision":…,"upserts":[…],"removals":[…]}`,
/// `{"type":"keepalive","epoch":…,"revision":…}`,
/// `{"type":"unchanged","epoch":…,"revision":…,"suspects":[…]}`,
/// `{"type":"probe","machine":…,"request":…,"withinMilliseconds":…}`,
/// `{"type":"reconnect","afterMilliseconds":…}`.
public enum StreamLine: Sendable, Hashable {
    /// A line of the peer map itself.
    case update(PeerMapUpdate)
    /// The reader is asked to try to reach another machine over the mesh, and to report with a heartbeat.
    case probe(ProbeRequest)
    /// The coordinator is about to close the stream: connect again, but not sooner than after so many milliseconds.
    case reconnect(afterMilliseconds: Int)
    /// A type that this program does not know: to be passed over. A coordinator that is newer may send such.
    case unknown(type: String)

    /// Seconds between two lines at the most, keepalives included; a reader that hears nothing for three times as long reconnects.
    public static let keepaliveSeconds = 5

    /// The longest pause that a reader takes because a `reconnect` line asks for it.
    public static let longestPauseMilliseconds = 60_000

    /// The longest line in bytes that a reader accepts.
    public static let lengthLimit = 16 << 20
}

/// A question of the coordinator's: can you reach that machine over the mesh?
public struct ProbeRequest: Codable, Sendable, Hashable {
    /// The machine that has fallen silent.
    public var machine: MachineID
    /// Names the question; the answer repeats it.
    public var request: UInt64
    /// How long to try, 100…60,000.
    public var withinMilliseconds: Int

    public init(machine: MachineID, request: UInt64, withinMilliseconds: Int) {
        self.machine = machine
        self.request = request
        self.withinMilliseconds = withinMilliseconds
    }
}

extension StreamLine: Codable {
    private enum Key: String, CodingKey {
        case type, epoch, revision, peers, upserts, removals, suspects, machine, request, withinMilliseconds, afterMilliseconds
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let type = try container.decode(String.self, forKey: .type)
        switch type {
        case "snapshot", "delta", "keepalive", "unchanged": self = .update(try Self.update(type, container))
        case "probe": self = .probe(try ProbeRequest(from: decoder))
        case "reconnect": self = .reconnect(afterMilliseconds: try container.decode(Int.self, forKey: .afterMilliseconds))
        default: self = .unknown(type: type)
        }
    }

    private static func update(_ type: String, _ container: KeyedDecodingContainer<Key>) throws -> PeerMapUpdate {
        let position = PeerMapPosition(
            epoch: try container.decode(String.self, forKey: .epoch),
            revision: try container.decode(UInt64.self, forKey: .revision))
        switch type {
        case "snapshot": return .snapshot(position, try container.decode([Peer].self, forKey: .peers))
        case "delta":
            return .delta(
                position,
                upserts: try container.decode([Peer].self, forKey: .upserts),
                removals: try container.decode([MachineID].self, forKey: .removals))
        case "unchanged": return .unchanged(position, suspects: try container.decode([MachineID].self, forKey: .suspects))
        default: return .keepalive(position)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .update(let update): try Self.encode(update, to: &container)
        case .probe(let probe):
            try container.encode("probe", forKey: .type)
            try probe.encode(to: encoder)
        case .reconnect(let milliseconds):
            try container.encode("reconnect", forKey: .type)
            try container.encode(milliseconds, forKey: .afterMilliseconds)
        case .unknown(let type): try container.encode(type, forKey: .type)
        }
    }

    private static func encode(_ update: PeerMapUpdate, to container: inout KeyedEncodingContainer<Key>) throws {
        switch update {
        case .snapshot(_, let peers):
            try container.encode("snapshot", forKey: .type)
            try container.encode(peers, forKey: .peers)
        case .delta(_, let upserts, let removals):
            try container.encode("delta", forKey: .type)
            try container.encode(upserts, forKey: .upserts)
            try container.encode(removals, forKey: .removals)
        case .keepalive:
            try container.encode("keepalive", forKey: .type)
        case .unchanged(_, let suspects):
            try container.encode("unchanged", forKey: .type)
            try container.encode(suspects, forKey: .suspects)
        }
        try container.encode(update.position.epoch, forKey: .epoch)
        try container.encode(update.position.revision, forKey: .revision)
    }
}
