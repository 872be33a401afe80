import Basics
import ControlProtocol
import MeshModel
import WireGuardModel

/// Who this machine is, as it is kept on disk. Holds secrets.
struct Identity: Sendable, Equatable {
    var privateKey: PrivateKey
    /// The key that is to take the place of `privateKey` once the coordinator has it.
    var pendingKey: PrivateKey?
    /// The coordinator's base URL.
    var coordinator: String
    /// By which its certificate is known; nil for plain HTTP, and if the system's roots vouch for it.
    var pin: CertificatePin?
    /// The join token's secret, until the first registration.
    var joinSecret: String?
    /// What the coordinator answered; nil before the first registration. Holds the credential.
    var registration: Registration?

    /// A machine that has not joined yet.
    init(joining token: JoinToken) {
        privateKey = PrivateKey.random()
        coordinator = token.coordinator
        pin = token.pin
        joinSecret = token.secret
    }

    /// The public half of `privateKey`.
    ///
    /// - Throws: `identity`, which a key of 32 bytes never does.
    func publicKey() throws(CodedError) -> PublicKey { try KeyPair(privateKey).publicKey }
}

extension Identity: CustomStringConvertible, CustomReflectable {
    /// Without the secrets.
    var description: String { "identity \(registration.map { "\($0.id)" } ?? "not yet registered") at \(coordinator)" }
    var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

extension Identity: Codable {
    private enum Key: String, CodingKey { case version, privateKey, pendingKey, coordinator, pin, joinSecret, registration }

    /// The version of the file that this program writes, and the only one that it reads.
    static let version = 1

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let version = try container.decode(Int.self, forKey: .version)
        guard version == Self.version else {
            throw DecodingError.dataCorruptedError(
                forKey: .version, in: container, debugDescription: "found version \(version), expected \(Self.version)")
        }
        guard let key = PrivateKey(base64: try container.decode(String.self, forKey: .privateKey)) else {
            throw DecodingError.dataCorruptedError(
                forKey: .privateKey, in: container, debugDescription: "expected a WireGuard private key: 32 bytes in base64")
        }
        privateKey = key
        if let pending = try container.decodeIfPresent(String.self, forKey: .pendingKey) {
            guard let key = PrivateKey(base64: pending) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .pendingKey, in: container, debugDescription: "expected a WireGuard private key: 32 bytes in base64")
            }
            pendingKey = key
        }
        coordinator = try container.decode(String.self, forKey: .coordinator)
        pin = try container.decodeIfPresent(CertificatePin.self, forKey: .pin)
        joinSecret = try container.decodeIfPresent(String.self, forKey: .joinSecret)
        registration = try container.decodeIfPresent(Registration.self, forKey: .registration)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(Self.version, forKey: .version)
        try container.encode(privateKey.base64, forKey: .privateKey)
        try container.encodeIfPresent(pendingKey?.base64, forKey: .pendingKey)
        try container.encode(coordinator, forKey: .coordinator)
        try container.encodeIfPresent(pin, forKey: .pin)
        try container.encodeIfPresent(joinSecret, forKey: .joinSecret)
        try container.encodeIfPresent(registration, forKey: .registration)
    }
}
