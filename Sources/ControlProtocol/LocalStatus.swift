import MeshModel

/// Answer to `GET /v1/status` on the agent's control socket.
public struct AgentStatus: Codable, Sendable, Hashable {
    public var version: String
    public var machine: Identity?
    public var coordinator: Coordinator
    /// Which WireGuard it uses: `kernel` or `wireguard-go`.
    public var backend: String
    /// Why it is that one.
    public var backendReason: String?
    public var interface: String
    public var listenPort: UInt16
    public var position: PeerMapPosition?
    /// By name.
    public var peers: [PeerStatus]
    /// Seconds since the agent started.
    public var uptimeSeconds: Double?
    /// What is not as it should be, worst first; nil from an agent that does not look.
    public var problems: [Trouble]?
    /// Where names of machines can be looked up.
    public var names: Names?

    /// Who this machine is, once registered.
    public struct Identity: Codable, Sendable, Hashable {
        public var id: MachineID
        public var name: MachineName
        public var meshAddress: IPAddress
        public var meshAddress6: IPAddress?
        public var publicKey: PublicKey

        public init(
            id: MachineID, name: MachineName, meshAddress: IPAddress, meshAddress6: IPAddress? = nil, publicKey: PublicKey
        ) {
            self.id = id
            self.name = name
            self.meshAddress = meshAddress
            self.meshAddress6 = meshAddress6
            self.publicKey = publicKey
        }
    }

    /// The connection to the coordinator.
    public struct Coordinator: Codable, Sendable, Hashable {
        public var url: String
        /// Whether the peer map stream is open.
        public var connected: Bool
        /// Why not, if not.
        public var lastError: String?

        public init(url: String, connected: Bool, lastError: String?) {
            self.url = url
            self.connected = connected
            self.lastError = lastError
        }
    }

    /// One other machine.
    public struct PeerStatus: Codable, Sendable, Hashable {
        public var id: MachineID
        public var name: MachineName
        public var meshAddress: IPAddress
        public var meshAddress6: IPAddress?
        public var publicKey: PublicKey
        public var liveness: Liveness
        /// Whether the WireGuard device holds this peer; one that is unresponsive is known but not configured.
        public var configured: Bool
        /// True while it is configured although the coordinator calls it unresponsive: it answers probes over its tunnel. Else absent.
        public var kept: Bool?
        /// What the coordinator says of it and this machine refuses, because it changed without a cause: `key`, `address` or
        /// `key-and-address`. What was known stays in force. Else absent.
        public var refusedChange: String?
        /// Where its packets go on the underlay.
        public var endpoint: Endpoint?
        /// Seconds since the last handshake; absent if there was none.
        public var handshakeAgeSeconds: Double?
        public var receivedBytes: UInt64
        public var sentBytes: UInt64
        /// `connected` with a session, `kept` with one against the coordinator's verdict, otherwise why there is none: `connecting`,
        /// `no-endpoint`, `unresponsive`, `not-configured`, or as in the event `peer-rejected`.
        public var state: String?
        /// Why it is not connected, for people; absent if it is.
        public var why: String?
        /// How packets reach it: `direct`, to its endpoint; absent without a session.
        public var path: String?
        /// Handshakes started since there was a session last; absent with a session.
        public var attempts: Int?
        /// Milliseconds there and back through the tunnel; absent if it was not measured, or nothing came back in time.
        public var roundTripMilliseconds: Double?

        public init(
            id: MachineID, name: MachineName, meshAddress: IPAddress, meshAddress6: IPAddress? = nil, publicKey: PublicKey,
            liveness: Liveness, configured: Bool, kept: Bool? = nil, endpoint: Endpoint?, handshakeAgeSeconds: Double?,
            receivedBytes: UInt64,
            sentBytes: UInt64
        ) {
            self.id = id
            self.name = name
            self.meshAddress = meshAddress
            self.meshAddress6 = meshAddress6
            self.publicKey = publicKey
            self.liveness = liveness
            self.configured = configured
            self.kept = kept
            self.endpoint = endpoint
            self.handshakeAgeSeconds = handshakeAgeSeconds
            self.receivedBytes = receivedBytes
            self.sentBytes = sentBytes
        }
    }

    /// Something that is not as it should be.
    public struct Trouble: Codable, Sendable, Hashable {
        /// A stable word, such as `coordinator-away`.
        public var code: String
        /// For people.
        public var found: String
        /// What to do next.
        public var advice: String

        public init(code: String, found: String, advice: String) {
            self.code = code
            self.found = found
            self.advice = advice
        }
    }

    /// The names of machines in the hosts file.
    public struct Names: Codable, Sendable, Hashable {
        /// Path of the file; nil: none is kept.
        public var file: String?
        /// What follows a machine's name and a dot.
        public var suffix: String
        /// How many machines have their names in the file.
        public var machines: Int
        /// Short names that are left to others' lines.
        public var leftAlone: [String]
        /// Why the file is not as it should be.
        public var complaint: String?

        public init(file: String?, suffix: String, machines: Int = 0, leftAlone: [String] = [], complaint: String? = nil) {
            self.file = file
            self.suffix = suffix
            self.machines = machines
            self.leftAlone = leftAlone
            self.complaint = complaint
        }
    }

    public init(
        version: String, machine: Identity?, coordinator: Coordinator, backend: String, backendReason: String? = nil,
        interface: String, listenPort: UInt16, position: PeerMapPosition?, peers: [PeerStatus], uptimeSeconds: Double? = nil
    ) {
        self.version = version
        self.machine = machine
        self.coordinator = coordinator
        self.backend = backend
        self.backendReason = backendReason
        self.interface = interface
        self.listenPort = listenPort
        self.position = position
        self.peers = peers
        self.uptimeSeconds = uptimeSeconds
    }
}
