import Basics
import Crypto
import FoundationEssentials
import MeshModel

/// Body of `POST /v1/challenges`.
public struct ChallengeRequest: Codable, Sendable, Hashable {
    /// The key that is to be proved.
    public var publicKey: PublicKey

    public init(publicKey: PublicKey) { self.publicKey = publicKey }
}

/// Answer to `POST /v1/challenges`: what to prove the possession of a private key against.
public struct Challenge: Codable, Sendable, Hashable {
    /// To be sent back as it is; at most `KeyProof.challengeLimit` characters.
    public var challenge: String
    /// The coordinator's X25519 public key for proofs, another one at each of its starts.
    public var coordinatorKey: PublicKey
    /// How long the challenge is good for.
    public var expiresInMilliseconds: Int

    public init(challenge: String, coordinatorKey: PublicKey, expiresInMilliseconds: Int) {
        self.challenge = challenge
        self.coordinatorKey = coordinatorKey
        self.expiresInMilliseconds = expiresInMilliseconds
    }
}

/// Proof that the sender of a request holds the private half of a WireGuard key.
///
/// Both sides agree on a secret by X25519 (RFC 7748), derive a key from it with HKDF-SHA256 (RFC 5869; salt: the challenge), and authenticate
/// both public keys and the bearer value of the request with HMAC-SHA256 (RFC 2104). So the proof is good for one challenge, one key and one
/// bearer only, and shows nothing about the private key.
public struct KeyProof: Codable, Sendable, Hashable {
    /// The challenge that this answers.
    public var challenge: String
    /// HMAC-SHA256, URL-safe base64.
    public var mac: String

    /// The longest challenge in characters.
    public static let challengeLimit = 256
    /// The longest `mac` in characters: 32 bytes in URL-safe base64 have 43.
    public static let macLimit = 64
    private static let purpose = Array("warren key proof 1".utf8)

    public init(challenge: String, mac: String) {
        self.challenge = challenge
        self.mac = mac
    }

    /// Answers a challenge.
    ///
    /// - Parameters:
    ///   - privateKey: 32 bytes of X25519.
    ///   - bearer: the bearer value that the request carries.
    /// - Throws: `CodedError` with code `key-proof` if one of the keys cannot be used: a low-order point, or not 32 bytes.
    public init(answering challenge: Challenge, privateKey: [UInt8], bearer: String) throws(CodedError) {
        let parts = try Self.parts(privateKey, challenge.coordinatorKey, challenge.challenge)
        let message = Self.message(coordinator: challenge.coordinatorKey.bytes, machine: parts.ownKey, bearer: bearer)
        self.init(
            challenge: challenge.challenge,
            mac: Base64URL.encode(Array(HMAC<SHA256>.authenticationCode(for: message, using: parts.secret))))
    }

    /// Whether the proof holds for this key and bearer, compared in constant time. The challenge's own validity is not looked at.
    ///
    /// - Parameter coordinatorKey: the private half of the key in the challenge.
    public func holds(for key: PublicKey, bearer: String, coordinatorKey: [UInt8]) -> Bool {
        guard let presented = Base64URL.decode(mac), presented.count == SHA256.byteCount,
            let parts = try? Self.parts(coordinatorKey, key, challenge)
        else { return false }
        let message = Self.message(coordinator: parts.ownKey, machine: key.bytes, bearer: bearer)
        return HMAC<SHA256>.isValidAuthenticationCode(presented, authenticating: message, using: parts.secret)
    }

    private static func parts(
        _ privateKey: [UInt8], _ other: PublicKey, _ challenge: String
    ) throws(CodedError) -> (secret: SymmetricKey, ownKey: [UInt8]) {
        do {
            let own = try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: privateKey)
            let shared = try own.sharedSecretFromKeyAgreement(with: .init(rawRepresentation: other.bytes))
            // With a point of low order the secret is zero, whoever computes it (RFC 7748, section 6.1); the library lets that pass.
            guard shared.withUnsafeBytes({ $0.reduce(0, |) }) != 0 else {
                throw CodedError("key-proof", "the key \(other) is a point of low order")
            }
            let secret = shared.hkdfDerivedSymmetricKey(
                using: SHA256.self, salt: Array(challenge.utf8), sharedInfo: purpose, outputByteCount: 32)
            return (secret, Array(own.publicKey.rawRepresentation))
        } catch {
            throw CodedError("key-proof", "the keys of a proof cannot be used", cause: error)
        }
    }

    private static func message(coordinator: [UInt8], machine: [UInt8], bearer: String) -> [UInt8] {
        coordinator + machine + Array(SHA256.hash(data: Array(bearer.utf8)))
    }
}
