import MeshModel

/// The routes of API v1.
public enum APIPath {
    /// `GET`, no credential.
    public static let health = "/health"
    /// `GET`, no credential: Prometheus text.
    public static let metrics = "/metrics"
    /// `GET`, no credential: the OpenAPI document of this API.
    public static let openAPI = "/openapi.json"
    /// `POST`, no credential: what to prove a private key against, see `Challenge`.
    public static let challenges = "/v1/challenges"
    /// `POST` with a join token's secret registers; `GET` with a machine's credential lists.
    public static let machines = "/v1/machines"
    /// `GET` with a machine's credential: JSON lines, see `StreamLine`. Query: `epoch`, `revision`, `digest`.
    public static let peerStream = "/v1/peers/stream"

    /// `DELETE` with the machine's own credential: leaves the mesh.
    public static func machine(_ id: MachineID) -> String { "\(machines)/\(id)" }
    /// `POST` with the machine's own credential.
    public static func heartbeat(_ id: MachineID) -> String { "\(machines)/\(id)/heartbeat" }
    /// `PUT` with the machine's own credential: another key for the same machine.
    public static func key(_ id: MachineID) -> String { "\(machines)/\(id)/key" }
}
