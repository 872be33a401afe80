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
    /// At most `limit` candidates, best first.
    public var endpoints: [Endpoint]

    /// The most candidate endpoints that one machine may offer.
    public static let endpointLimit = 16

    public init(name: MachineName, publicKey: PublicKey, endpoints: [Endpoint]) {
        self.name = name
        self.publicKey = publicKey
        self.endpoints = endpoints
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
    /// The bearer credential of this machine from now on; earlier ones are void. Secret.
    public var credential: String
    public var liveness: LivenessSettings

    public init(
        id: MachineID, name: MachineName, meshAddress: IPAddress, meshPrefix: IPPrefix, credential: String,
        liveness: LivenessSettings
    ) {
        self.id = id
        self.name = name
        self.meshAddress = meshAddress
        self.meshPrefix = meshPrefix
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

    public init(endpoints: [Endpoint], applied: PeerMapPosition?) {
        self.endpoints = endpoints
        self.applied = applied
    }
}

/// Answer to a heartbeat.
public struct HeartbeatResponse: Codable, Sendable, Hashable {
    public var liveness: LivenessSettings

    public init(liveness: LivenessSettings) { self.liveness = liveness }
}

/// A machine in `GET /v1/machines`.
public struct MachineStatus: Codable, Sendable, Hashable {
    public var id: MachineID
    public var name: MachineName
    public var publicKey: PublicKey
    public var meshAddress: IPAddress
    public var endpoints: [Endpoint]
    public var liveness: Liveness
    /// Milliseconds since the last heartbeat; absent if there was none since the coordinator started.
    public var silentMilliseconds: Int?
    /// The position that the machine reported as applied.
    public var applied: PeerMapPosition?

    public init(
        id: MachineID, name: MachineName, publicKey: PublicKey, meshAddress: IPAddress, endpoints: [Endpoint], liveness: Liveness,
        silentMilliseconds: Int?, applied: PeerMapPosition?
    ) {
        self.id = id
        self.name = name
        self.publicKey = publicKey
        self.meshAddress = meshAddress
        self.endpoints = endpoints
        self.liveness = liveness
        self.silentMilliseconds = silentMilliseconds
        self.applied = applied
    }
}

/// Answer to `GET /v1/machines`.
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
