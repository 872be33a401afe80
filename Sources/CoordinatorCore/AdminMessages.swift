import ControlProtocol
import MeshModel

/// Body of `POST /v1/tokens` on the admin socket.
public struct TokenRequest: Codable, Sendable, Hashable {
    /// Whether it admits any number of machines, or one.
    public var reusable: Bool
    /// Seconds until it expires, 1…31,536,000 (365 days).
    public var expiresInSeconds: Int

    /// The longest life of a token.
    public static let longestLife = 365 * 86_400

    /// How long a token is valid if nothing is said.
    public static let defaultLife = Duration.seconds(86_400)

    public init(reusable: Bool, expiresInSeconds: Int) {
        self.reusable = reusable
        self.expiresInSeconds = expiresInSeconds
    }
}

/// Answer to `POST /v1/tokens`: the only time that the secret is shown.
public struct IssuedToken: Codable, Sendable, Hashable {
    public var id: String
    /// What a machine presents when it registers. Secret.
    public var secret: String
    /// RFC 3339, UTC.
    public var expiresAt: String
    public var reusable: Bool
}

/// A join token in `GET /v1/tokens`, without its secret.
public struct TokenStatus: Codable, Sendable, Hashable {
    public var id: String
    /// `valid`, `used`, `expired` or `revoked`.
    public var state: String
    public var reusable: Bool
    /// How many registrations it admitted.
    public var uses: Int
    /// RFC 3339, UTC.
    public var createdAt: String
    /// RFC 3339, UTC.
    public var expiresAt: String
}

/// Answer to `GET /v1/tokens`.
public struct TokenList: Codable, Sendable, Hashable {
    /// Oldest first.
    public var tokens: [TokenStatus]
}

/// Answer to `GET /v1/server` on the admin socket: how machines reach the public API.
public struct ServerDescription: Codable, Sendable, Hashable {
    /// `https`, or `http` for plain HTTP.
    public var scheme: String
    /// Of the certificate's key; nil for plain HTTP.
    public var pin: CertificatePin?
    /// Whether the certificate is signed by its own key alone: then machines know it by its pin, otherwise by who has signed it.
    public var isSelfSigned: Bool
    /// The address and port that it listens on.
    public var listen: String
}

/// The routes of the admin socket besides those of `APIPath`.
public enum AdminPath {
    /// `GET` lists, `POST` issues.
    public static let tokens = "/v1/tokens"
    /// `GET`
    public static let server = "/v1/server"
    /// `GET`; query: `limit`, `since`, `machine`.
    public static let events = "/v1/events"
    /// `GET`: JSON lines, see `EventLine`. Query: `since`, `machine`.
    public static let eventStream = "/v1/events/stream"

    /// `DELETE` makes the machine's credential void.
    public static func credential(_ id: MachineID) -> String { "\(APIPath.machine(id))/credential" }

    /// `DELETE` revokes.
    public static func token(_ id: String) -> String { "\(tokens)/\(id)" }

    /// The socket of the coordinator that serves a data directory.
    public static func socket(in data: String) -> String { "\(data)/admin.sock" }
}
