import Basics

/// What a link does to the packets that travel it in one direction. All zero: a plain wire.
public struct LinkProperties: Sendable, Hashable {
    /// Added to every packet's way, 0 to 60 s.
    public var delay = Duration.zero
    /// The delay of each packet is uniformly between `delay - jitter` and `delay + jitter`; at most `delay`.
    public var jitter = Duration.zero
    /// The share of packets that vanish, 0 to 1.
    public var loss = 0.0
    /// The share of packets that arrive twice, 0 to 1.
    public var duplicate = 0.0
    /// The share of packets that overtake those before them, 0 to 1; without a delay nothing can be overtaken.
    public var reorder = 0.0
    /// The share of packets in which one bit flips, 0 to 1.
    public var corrupt = 0.0
    /// Bits per second of Ethernet frames; nil: as fast as the machine can.
    public var rate: Int?

    public init() {}

    /// Whether this is a plain wire.
    public var isPlain: Bool { self == LinkProperties() }

    /// Both on one link: delays add up, shares act independently of each other, the smaller rate holds.
    public func combined(with other: LinkProperties) -> LinkProperties {
        func both(_ path: KeyPath<LinkProperties, Double>) -> Double {
            1 - (1 - self[keyPath: path]) * (1 - other[keyPath: path])
        }
        var sum = LinkProperties()
        sum.delay = delay + other.delay
        sum.jitter = jitter + other.jitter
        sum.loss = both(\.loss)
        sum.duplicate = both(\.duplicate)
        sum.reorder = both(\.reorder)
        sum.corrupt = both(\.corrupt)
        sum.rate = [rate, other.rate].compactMap { $0 }.min()
        return sum
    }
}

/// The two directions of a machine's or a site's link.
public struct LinkPair: Sendable, Hashable {
    /// From the machine or site to the network.
    public var up = LinkProperties()
    /// From the network to the machine or site.
    public var down = LinkProperties()

    public init(up: LinkProperties = LinkProperties(), down: LinkProperties = LinkProperties()) {
        self.up = up
        self.down = down
    }
}

/// Packets from one machine to another, by the machines' names.
public struct DirectedLink: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let from: String
    public let to: String

    public init(from: String, to: String) {
        self.from = from
        self.to = to
    }

    public var description: String { "\(from)->\(to)" }

    public static func < (left: Self, right: Self) -> Bool { (left.from, left.to) < (right.from, right.to) }
}

/// A kind of packet, for blocking.
public struct Traffic: Sendable, Hashable {
    /// The protocols that can be told apart.
    public enum Transport: String, Sendable, Hashable, CaseIterable {
        case udp
        case tcp
        case icmp
    }

    public var transport: Transport
    /// Destination port, 1 to 65535; nil: all, and always nil for ICMP.
    public var port: Int?

    public init(transport: Transport, port: Int? = nil) {
        self.transport = transport
        self.port = port
    }
}
