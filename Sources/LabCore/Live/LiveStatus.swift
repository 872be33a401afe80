/// A living lab at one moment.
public struct LiveStatus: Codable, Sendable, Hashable {
    public var lab: LiveHello
    public var machines: [Machine]
    /// Faults that are on.
    public var faults: [Fault]
    /// Services that ended although nobody asked them to.
    public var unexpectedEnds: [String]
    /// Who answered whom just now.
    public var reachability: Reachability

    public struct Machine: Codable, Sendable, Hashable {
        public var name: String
        public var isOn: Bool
        public var underlay: String
        public var mesh: String?
        public var services: [Service]
        /// What the machine's agent says of the others; nil: it was not there to be asked.
        public var peers: [Peer]?
    }

    public struct Service: Codable, Sendable, Hashable {
        public var name: String
        public var isRunning: Bool
        public var isPaused: Bool
        /// As the machine itself numbers it.
        public var pid: Int32?
        /// Seconds since it was started.
        public var uptime: Double?
    }

    public struct Peer: Codable, Sendable, Hashable {
        public var name: String
        public var liveness: String
        /// Whether the WireGuard device holds it.
        public var isConfigured: Bool
        /// Seconds since the last handshake.
        public var handshakeAge: Double?
    }

    public struct Fault: Codable, Sendable, Hashable {
        /// Of a fault on links, the name by which it is healed; of any other, the word and the machine, site or service.
        public var name: String
        public var what: String
        /// Who does it: `nftables`, `tbf`, `netem`, `relay`, `rtnetlink`, `tmpfs`, `SIGSTOP`.
        public var engines: [String]
    }

    /// ICMP echoes between all machines, over the mesh if there is one.
    public struct Reachability: Codable, Sendable, Hashable {
        /// `mesh` or `underlay`.
        public var network: String
        public var pairs: Int
        public var answered: Int
        /// For each machine those that did not answer it.
        public var silent: [String: [String]]
    }
}
