import MeshModel

/// Something that happened to the mesh.
public struct MembershipEvent: Codable, Sendable, Hashable {
    /// Grows by one with each event; the first has 1.
    public var number: Int
    /// RFC 3339, UTC; for people.
    public var time: String
    /// The name of the log event, such as `machine-registered`.
    public var event: String
    public var machine: MachineID
    /// The name that the machine had then.
    public var name: MachineName
    /// A sentence.
    public var detail: String
    /// Why it happened: which token, whose order, which silence; absent where the event says it all.
    public var reason: String?
}

/// Answer to `GET /v1/events` on the admin socket.
public struct MembershipEventList: Codable, Sendable, Hashable {
    /// Oldest first.
    public var events: [MembershipEvent]
    /// The number of the latest event of all, whatever was asked for; 0 if there was none yet.
    public var latest: Int
    /// How many events this run of the coordinator could never write to the disk and had to forget.
    public var lost: Int
}

/// One line of `GET /v1/events/stream`: an event, or a sign that the stream is alive.
public enum EventLine: Codable, Sendable, Hashable {
    case event(MembershipEvent)
    /// Everything up to this number has been sent.
    case keepalive(latest: Int)

    private enum Key: String, CodingKey { case keepalive }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        if let latest = try container.decodeIfPresent(Int.self, forKey: .keepalive) {
            self = .keepalive(latest: latest)
        } else {
            self = .event(try MembershipEvent(from: decoder))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .event(let event): try event.encode(to: encoder)
        case .keepalive(let latest):
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(latest, forKey: .keepalive)
        }
    }
}
