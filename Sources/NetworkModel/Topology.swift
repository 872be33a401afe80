import Basics

/// The network that carries the tunnels: one flat segment, the backbone, to which machines, more switches and sites are attached.
public struct Topology: Sendable, Hashable {
    /// Where whoever names no other place is attached. Its switch is in the addresses' first /16.
    public static let backbone = "backbone"

    /// The address families of the underlay. At least one.
    public enum Families: String, Sendable, Hashable, CaseIterable {
        case ipv4
        case ipv6
        case both
    }

    public var families = Families.ipv4
    /// Bytes, 576 to 9000; 1280 at least if there is IPv6.
    public var mtu = 1_500
    public var switches: [SwitchPlan] = []
    public var sites: [SitePlan] = []

    public init() {}
}

/// A further switch of the backbone's segment, joined to it by one cable.
public struct SwitchPlan: Sendable, Hashable {
    public var name: String
    /// What the cable to the backbone does; up is towards the backbone.
    public var link: LinkPair

    public init(name: String, link: LinkPair = LinkPair()) {
        self.name = name
        self.link = link
    }
}

/// A segment of its own behind a router, which has one cable to the backbone.
public struct SitePlan: Sendable, Hashable {
    public var name: String
    /// Nil: the router forwards both ways and translates nothing.
    public var nat: NATPlan?
    /// What the router's cable to the backbone does; up is towards the backbone.
    public var link: LinkPair

    public init(name: String, nat: NATPlan? = nil, link: LinkPair = LinkPair()) {
        self.name = name
        self.nat = nat
        self.link = link
    }
}

/// A router that hides its site behind its own address.
public struct NATPlan: Sendable, Hashable {
    /// How a mapping is chosen (RFC 4787, section 4).
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// One external port for an internal address and port, whoever the other side is; anybody may answer to it.
        case endpointIndependent = "endpoint-independent"
        /// A new random external port for each destination; only that destination may answer.
        case symmetric
    }

    public var kind: Kind
    /// After so much silence a mapping is forgotten: 1 s to 1 h.
    public var mappingTimeout: Duration

    public init(kind: Kind, mappingTimeout: Duration = .seconds(120)) {
        self.kind = kind
        self.mappingTimeout = mappingTimeout
    }
}

/// A machine's place in the network.
public struct Attachment: Sendable, Hashable {
    /// The machine's name.
    public var machine: String
    /// A switch, a site, or `Topology.backbone`.
    public var place: String
    /// What the machine's own cable does.
    public var link: LinkPair

    public init(machine: String, place: String = Topology.backbone, link: LinkPair = LinkPair()) {
        self.machine = machine
        self.place = place
        self.link = link
    }
}
