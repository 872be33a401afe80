import MeshModel

/// What a check says of the world. Unknown is no pass: the evidence does not suffice.
public enum Judgement: String, Sendable, Hashable, Codable {
    case pass
    case fail
    case unknown
}

/// From one machine to another, by their names.
public struct MachinePair: Sendable, Hashable, Comparable, Codable {
    public var from: String
    public var to: String

    public init(from: String, to: String) {
        self.from = from
        self.to = to
    }

    public static func < (left: Self, right: Self) -> Bool { (left.from, left.to) < (right.from, right.to) }
}

/// What the wire showed.
public struct WireVerdict: Sendable, Codable {
    /// One question and its answer.
    public struct Part: Sendable, Codable {
        public var judgement: Judgement
        /// The answer for a person.
        public var words: String
        /// How often something was found.
        public var count: UInt64
        /// The first of them, ten at most.
        public var sightings: [Sighting]
    }

    /// WireGuard's data packets from one machine to another.
    public struct Path: Sendable, Hashable, Codable {
        public var pair: MachinePair
        /// Entered at the one and left at the other.
        public var direct: UInt64
        /// Passed through a third machine.
        public var detoured: UInt64
        public var via: [String]
        /// Further copies of a packet at the same place.
        public var duplicates: UInt64
    }

    /// A 5-tuple's packets on one link.
    public struct Flow: Sendable, Hashable, Codable {
        /// `udp`, `tcp`, `icmp`, or the number.
        public var transport: String
        /// With the port, if there is one.
        public var source: String
        public var destination: String
        /// By the name of the link.
        public var entered: [String: Amount]
        public var left: [String: Amount]
        /// WireGuard's messages by kind, where they entered.
        public var wireGuard: [String: Amount]
    }

    /// Pass only if every part passes; fail if one fails.
    public var judgement: Judgement
    /// No canary and none of the other texts in the clear.
    public var canaries: Part
    /// No mesh address in the clear.
    public var meshAddresses: Part
    /// Nothing but the expected kinds of packets.
    public var ports: Part
    /// Packets go from one machine to the other and nowhere else.
    public var directPath: Part
    /// Why the evidence does not suffice; empty if it does.
    public var doubts: [String]
    public var total: Amount
    public var links: Int
    public var kernelDrops: UInt64
    /// WireGuard data packets that entered.
    public var dataPackets: UInt64
    /// Copies that a switch sent to everybody because it had not learned yet where the addressee is.
    public var flooded: UInt64
    /// Data packets that left without having been seen to enter: changed on the way, or made in the network itself.
    public var unmatched: UInt64
    /// Unexpected packets by kind.
    public var unexpected: [String: UInt64]
    /// Ordered pairs of machines between which data packets went.
    public var pairs: Int
    /// Those pairs, the ones with detours first, `mostPaths` at most.
    public var paths: [Path]
    /// The largest flows, `mostFlows` at most.
    public var flows: [Flow]

    /// Packets of flows beyond those that are told apart, 65,536.
    public var beyond: Amount

    public static let mostFlows = 500
    public static let mostPaths = 2_000
}
