import MeshModel

/// What a machine's relay does to the frames in each direction.
public struct RelayProgram: Sendable, Hashable {
    /// Frames of one peer.
    public struct Link: Sendable, Hashable {
        /// The peer's name.
        public var peer: String
        /// By which its frames are known: destinations on the way up, sources on the way down. ARP counts by its addresses.
        public var addresses: [IPAddress]
        public var properties: LinkProperties
        /// The faults that ask for it.
        public var faults: [String]

        public init(peer: String, addresses: [IPAddress], properties: LinkProperties, faults: [String]) {
            self.peer = peer
            self.addresses = addresses
            self.properties = properties
            self.faults = faults
        }
    }

    /// One direction: first what is particular to a peer, then what all frames share.
    ///
    /// ARP and IPv6 neighbour solicitations belong to the peer that they ask for (on the way down: from whom they come). Other frames to
    /// a group have no one peer on the way up: only `all` concerns them. Independent delays let frames overtake one another, as with
    /// netem, where the jitter is larger than the time between them.
    public struct Direction: Sendable, Hashable {
        public var all = LinkProperties()
        /// The faults that ask for `all`.
        public var faults: [String] = []
        /// By peer.
        public var links: [Link] = []

        public init() {}

        public var isPlain: Bool { all.isPlain && links.isEmpty }
    }

    /// From the machine to the network.
    public var up = Direction()
    /// From the network to the machine.
    public var down = Direction()

    public init() {}

    public var isPlain: Bool { up.isPlain && down.isPlain }
}
