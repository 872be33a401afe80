import MeshModel

/// The routes of API v1.
public enum APIPath {
    /// `GET`, no credential.
    public static let health = "/health"
    /// `POST` with a join token's secret registers; `GET` with a machine's credential lists.
    public static let machines = "/v1/machines"
    /// `GET` with a machine's credential: JSON lines, see `StreamLine`. Query: `epoch`, `revision`.
    public static let peerStream = "/v1/peers/stream"

    /// `DELETE` with the machine's own credential: leaves the mesh.
    public static func machine(_ id: MachineID) -> String { "\(machines)/\(id)" }
    /// `POST` with the machine's own credential.
    public static func heartbeat(_ id: MachineID) -> String { "\(machines)/\(id)/heartbeat" }
}
