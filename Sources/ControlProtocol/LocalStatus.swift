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

    public init(
        version: String, machine: Identity?, coordinator: Coordinator, backend: String, backendReason: String? = nil,
        interface: String, listenPort: UInt16, position: PeerMapPosition?, peers: [PeerStatus]
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
    }
}
