import Basics
import MeshModel

/// `GET /health`.
public struct Health: Codable, Sendable, Hashable {
    /// `ok`.
    public var status: String
    public var version: String
    /// Seconds since the process started serving.
    public var uptimeSeconds: Double
    /// How many machines are registered.
    public var machines: Int

    public init(status: String, version: String, uptimeSeconds: Double, machines: Int) {
        self.status = status
        self.version = version
        self.uptimeSeconds = uptimeSeconds
        self.machines = machines
    }
}

/// Body of `POST /v1/machines`. The join token's secret travels as a bearer credential.
public struct RegistrationRequest: Codable, Sendable, Hashable {
    public var name: MachineName
    public var publicKey: PublicKey
    /// At most `endpointLimit` candidates, best first.
    public var endpoints: [Endpoint]
    /// That the sender holds the private key.
    public var proof: KeyProof
    /// Names one run of the agent: 16 hexadecimal digits, new at each start, never stored. Two that are alive at once with one key are a clone.
    public var instance: String

    /// The most candidate endpoints that one machine may offer.
    public static let endpointLimit = 16

    public init(
        name: MachineName, publicKey: PublicKey, endpoints: [Endpoint], proof: KeyProof, instance: String
    ) {
        self.name = name
        self.publicKey = publicKey
        self.endpoints = endpoints
        self.proof = proof
        self.instance = instance
    }
}

/// How often to report, and what silence means. The coordinator's to set.
public struct LivenessSettings: Codable, Sendable, Hashable {
    /// Milliseconds between two heartbeats of one machine.
    public var heartbeatIntervalMilliseconds: Int
    /// Milliseconds of silence until a machine is suspect.
    public var suspectAfterMilliseconds: Int
    /// Milliseconds of silence until a machine is unresponsive and the others drop it.
    public var unresponsiveAfterMilliseconds: Int

    public init(heartbeatIntervalMilliseconds: Int, suspectAfterMilliseconds: Int, unresponsiveAfterMilliseconds: Int) {
        self.heartbeatIntervalMilliseconds = heartbeatIntervalMilliseconds
        self.suspectAfterMilliseconds = suspectAfterMilliseconds
        self.unresponsiveAfterMilliseconds = unresponsiveAfterMilliseconds
    }
}

/// Answer to a registration: 201 for a key seen for the first time, 200 for one known before.
public struct Registration: Codable, Sendable, Hashable {
    public var id: MachineID
    public var name: MachineName
    public var meshAddress: IPAddress
    /// The pool that mesh addresses come from.
    public var meshPrefix: IPPrefix
    /// The IPv6 mesh address; nil in a mesh without IPv6.
    public var meshAddress6: IPAddress?
    /// The /64 of the IPv6 mesh addresses.
    public var meshPrefix6: IPPrefix?
    /// The bearer credential of this machine from now on; earlier ones are void. Secret.
    public var credential: String
    public var liveness: LivenessSettings

    public init(
        id: MachineID, name: MachineName, meshAddress: IPAddress, meshPrefix: IPPrefix, meshAddress6: IPAddress? = nil,
        meshPrefix6: IPPrefix? = nil, credential: String, liveness: LivenessSettings
    ) {
        self.id = id
        self.name = name
        self.meshAddress = meshAddress
        self.meshPrefix = meshPrefix
        self.meshAddress6 = meshAddress6
        self.meshPrefix6 = meshPrefix6
        self.credential = credential
        self.liveness = liveness
    }
}

/// Body of a heartbeat.
public struct HeartbeatRequest: Codable, Sendable, Hashable {
    /// Candidate endpoints as of now, best first.
    public var endpoints: [Endpoint]
    /// The position that the machine's data plane has applied; absent before the first.
    public var applied: PeerMapPosition?
    /// Answers to `ProbeRequest`s, at most `observationLimit`.
    public var observations: [PeerObservation]?
    /// Where this machine sees others, for what those do not name themselves, at most `ObservedEndpoint.limit`.
    public var observedEndpoints: [ObservedEndpoint]?

    /// The most observations in one heartbeat.
    public static let observationLimit = 64

    public init(
        endpoints: [Endpoint], applied: PeerMapPosition?, observations: [PeerObservation]? = nil,
        observedEndpoints: [ObservedEndpoint]? = nil
    ) {
        self.endpoints = endpoints
        self.applied = applied
        self.observations = observations
        self.observedEndpoints = observedEndpoints
    }
}

/// What came of a `ProbeRequest`.
public struct PeerObservation: Codable, Sendable, Hashable {
    /// The machine that was probed.
    public var machine: MachineID
    /// The question that this answers.
    public var request: UInt64
    /// Whether it answered over the mesh.
    public var reachable: Bool

    public init(machine: MachineID, request: UInt64, reachable: Bool) {
        self.machine = machine
        self.request = request
        self.reachable = reachable
    }
}

/// Body of `PUT /v1/machines/{id}/key`.
public struct KeyChange: Codable, Sendable, Hashable {
    /// The new key.
    public var publicKey: PublicKey
    /// That the sender holds its private half.
    public var proof: KeyProof

    public init(publicKey: PublicKey, proof: KeyProof) {
        self.publicKey = publicKey
        self.proof = proof
    }
}

/// Answer to a change of key.
public struct ChangedKey: Codable, Sendable, Hashable {
    /// The same as before.
    public var id: MachineID
    /// The key that the machine has from now on.
    public var publicKey: PublicKey

    public init(id: MachineID, publicKey: PublicKey) {
        self.id = id
        self.publicKey = publicKey
    }
}

/// Answer to a heartbeat.
public struct HeartbeatResponse: Codable, Sendable, Hashable {
    public var liveness: LivenessSettings

    public init(liveness: LivenessSettings) { self.liveness = liveness }
}

/// A machine in `GET /v1/machines` of the public API: what the others need to know of it.
public struct MachineEntry: Codable, Sendable, Hashable {
    public var id: MachineID
    public var name: MachineName
    public var publicKey: PublicKey
    public var meshAddress: IPAddress
    public var meshAddress6: IPAddress?
    public var liveness: Liveness

    public init(_ peer: Peer) {
        id = peer.id
        name = peer.name
        publicKey = peer.publicKey
        meshAddress = peer.meshAddress
        meshAddress6 = peer.meshAddress6
        liveness = peer.liveness
    }
}

/// Answer to `GET /v1/machines` of the public API.
public struct MachineEntryList: Codable, Sendable, Hashable {
    public var position: PeerMapPosition
    /// By name.
    public var machines: [MachineEntry]

    public init(position: PeerMapPosition, machines: [MachineEntry]) {
        self.position = position
        self.machines = machines
    }
}

/// A machine in `GET /v1/machines` on the admin socket.
public struct MachineStatus: Codable, Sendable, Hashable {
    public var id: MachineID
    public var name: MachineName
    public var publicKey: PublicKey
    public var meshAddress: IPAddress
    public var meshAddress6: IPAddress?
    public var endpoints: [Endpoint]
    /// Where others saw it besides; absent if nowhere.
    public var observedEndpoints: [Endpoint]?
    public var liveness: Liveness
    /// Why it is not alive, for people; absent if it is.
    public var reason: String?
    /// Whether its peer map stream is open.
    public var connected: Bool
    /// Milliseconds since another machine last reached it over the mesh, while it is suspect; absent if none did. Then it has lost the
    /// coordinator only.
    public var reachedMilliseconds: Int?
    /// Milliseconds since the last heartbeat; absent if there was none since the coordinator started.
    public var silentMilliseconds: Int?
    /// The position that the machine reported as applied.
    public var applied: PeerMapPosition?
    /// True if its credential was revoked, and it has not joined again with a token; absent otherwise.
    public var revoked: Bool?

    public init(
        id: MachineID, name: MachineName, publicKey: PublicKey, meshAddress: IPAddress, meshAddress6: IPAddress? = nil,
        endpoints: [Endpoint], observedEndpoints: [Endpoint]? = nil, liveness: Liveness, reason: String? = nil,
        connected: Bool = false,
        reachedMilliseconds: Int? = nil,
        silentMilliseconds: Int?, applied: PeerMapPosition?, revoked: Bool? = nil
    ) {
        self.id = id
        self.name = name
        self.publicKey = publicKey
        self.meshAddress = meshAddress
        self.meshAddress6 = meshAddress6
        self.endpoints = endpoints
        self.observedEndpoints = observedEndpoints
        self.liveness = liveness
        self.reason = reason
        self.connected = connected
        self.reachedMilliseconds = reachedMilliseconds
        self.silentMilliseconds = silentMilliseconds
        self.applied = applied
        self.revoked = revoked
    }
}

/// Answer to `GET /v1/machines` on the admin socket.
public struct MachineList: Codable, Sendable, Hashable {
    public var position: PeerMapPosition
    /// By name.
    public var machines: [MachineStatus]

    public init(position: PeerMapPosition, machines: [MachineStatus]) {
        self.position = position
        self.machines = machines
    }
}

/// Every error answer: problem details (RFC 9457), served as `application/problem+json`.
public struct Problem: Codable, Sendable, Hashable {
    /// `urn:warren:problem:` and the code.
    public var type: String
    /// The HTTP status.
    public var status: Int
    /// The stable code, such as `name-taken`.
    public var title: String
    /// For a person: what was found, what is allowed.
    public var detail: String

    /// The media type.
    public static let mediaType = "application/problem+json"

    public init(status: Int, code: String, detail: String) {
        self.type = "urn:warren:problem:\(code)"
        self.status = status
        self.title = code
        self.detail = detail
    }
}
