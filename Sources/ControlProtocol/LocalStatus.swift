import MeshModel

/// Answer to `GET /v1/status` on the agent's control socket.
public struct AgentStatus: Codable, Sendable, Hashable {
    public var version: String
    public var machine: Identity?
    public var coordinator: Coordinator
    public var backend: String
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
        public var publicKey: PublicKey

        public init(id: MachineID, name: MachineName, meshAddress: IPAddress, publicKey: PublicKey) {
            self.id = id
            self.name = name
            self.meshAddress = meshAddress
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
        public var publicKey: PublicKey
        public var liveness: Liveness
        /// Whether the WireGuard device holds this peer; one that is unresponsive is known but not configured.
        public var configured: Bool
        /// Where its packets go on the underlay.
        public var endpoint: Endpoint?
        /// Seconds since the last handshake; absent if there was none.
        public var handshakeAgeSeconds: Double?
        public var receivedBytes: UInt64
        public var sentBytes: UInt64

        public init(
            id: MachineID, name: MachineName, meshAddress: IPAddress, publicKey: PublicKey, liveness: Liveness, configured: Bool,
            endpoint: Endpoint?, handshakeAgeSeconds: Double?, receivedBytes: UInt64, sentBytes: UInt64
        ) {
            self.id = id
            self.name = name
            self.meshAddress = meshAddress
            self.publicKey = publicKey
            self.liveness = liveness
            self.configured = configured
            self.endpoint = endpoint
            self.handshakeAgeSeconds = handshakeAgeSeconds
            self.receivedBytes = receivedBytes
            self.sentBytes = sentBytes
        }
    }

    public init(
        version: String, machine: Identity?, coordinator: Coordinator, backend: String, interface: String, listenPort: UInt16,
        position: PeerMapPosition?, peers: [PeerStatus]
    ) {
        self.version = version
        self.machine = machine
        self.coordinator = coordinator
        self.backend = backend
        self.interface = interface
        self.listenPort = listenPort
        self.position = position
        self.peers = peers
    }
}

/// Body of `POST /v1/send` on the messenger's control socket.
public struct SendRequest: Codable, Sendable, Hashable {
    public var to: MachineName
    public var text: String
    /// The bound: milliseconds until the send has failed if nothing else has come of it.
    public var timeoutMilliseconds: Int

    public init(to: MachineName, text: String, timeoutMilliseconds: Int) {
        self.to = to
        self.text = text
        self.timeoutMilliseconds = timeoutMilliseconds
    }
}

/// What came of a send: exactly one of these, within the bound.
public struct SendResult: Codable, Sendable, Hashable {
    public enum Outcome: String, Codable, Sendable, Hashable { case delivered, failed }
    /// Why a send failed.
    public enum Reason: String, Codable, Sendable, Hashable, CaseIterable {
        /// No machine of that name in the mesh's directory.
        case unknownName = "unknown-name"
        /// The mesh knows the machine and has dropped it.
        case notReachable = "not-reachable"
        /// The machine answered, but no messenger listens there.
        case refused
        /// No acknowledgement within the bound.
        case timedOut = "timed-out"
        /// This machine is not in a mesh, or its agent does not answer.
        case notAMember = "not-a-member"
        /// The other end broke the protocol.
        case protocolError = "protocol-error"
    }

    /// The message's id, the same on both ends.
    public var id: String
    public var outcome: Outcome
    public var reason: Reason?
    /// For a person.
    public var detail: String
    /// From the request to the outcome.
    public var milliseconds: Double

    public init(id: String, outcome: Outcome, reason: Reason?, detail: String, milliseconds: Double) {
        self.id = id
        self.outcome = outcome
        self.reason = reason
        self.detail = detail
        self.milliseconds = milliseconds
    }
}

/// A message in `GET /v1/inbox` on the messenger's control socket.
public struct InboxMessage: Codable, Sendable, Hashable {
    public var id: String
    /// The sender: the name that the directory gives the source mesh address.
    public var from: MachineName
    public var text: String
    /// When it was stored, RFC 3339 in UTC, for people.
    public var receivedAt: String

    public init(id: String, from: MachineName, text: String, receivedAt: String) {
        self.id = id
        self.from = from
        self.text = text
        self.receivedAt = receivedAt
    }
}
