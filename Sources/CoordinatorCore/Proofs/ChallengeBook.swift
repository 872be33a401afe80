import Basics
import ControlProtocol
import Crypto
import MeshModel

/// Makes challenges and judges the proofs that answer them, without remembering any: a challenge carries its own expiry and is
/// authenticated with a secret of this process.
///
/// Form: URL-safe base64 of expiry (8 bytes, big endian, nanoseconds of the monotonic clock), 16 random bytes, and the HMAC-SHA256 over
/// these and the machine's public key.
struct ChallengeBook: Sendable {
    /// How long a challenge is good for.
    static let lifetime = Duration.seconds(60)
    private static let randomCount = 16
    private static let bodyCount = 8 + randomCount

    private let secret = SymmetricKey(size: .bits256)
    /// The private half of `publicKey`. Secret.
    private let privateKey: [UInt8]
    /// What proofs are made against; another one at each start.
    let publicKey: PublicKey

    /// - Throws: `CodedError` with code `internal`, which a key of 32 bytes never causes.
    init() throws(CodedError) {
        let key = Curve25519.KeyAgreement.PrivateKey()
        guard let publicKey = PublicKey(bytes: Array(key.publicKey.rawRepresentation)) else {
            throw CodedError("internal", "an X25519 key is not 32 bytes long")
        }
        privateKey = Array(key.rawRepresentation)
        self.publicKey = publicKey
    }

    /// A challenge for the holder of that key.
    func challenge(for key: PublicKey, at now: MonotonicTime) -> Challenge {
        let expiry = UInt64(bitPattern: (now + Self.lifetime).nanoseconds)
        let body = (0..<8).map { UInt8(truncatingIfNeeded: expiry >> (56 - 8 * $0)) } + RandomBytes.make(Self.randomCount)
        let mac = HMAC<SHA256>.authenticationCode(for: body + key.bytes, using: secret)
        return Challenge(
            challenge: Base64URL.encode(body + Array(mac)), coordinatorKey: publicKey,
            expiresInMilliseconds: Int(Self.lifetime.wholeMilliseconds))
    }

    /// Judges a proof. Costs an X25519 agreement only if the challenge is one of this process's, for that key, and not over.
    ///
    /// Runs beside the actor that asks: agreements are the dearest part of a registration.
    ///
    /// - Throws: `CodedError`: `challenge-expired` for a challenge that is over or not one of this process's for that key;
    ///   `proof-invalid` if the proof does not hold for the key and the bearer.
    func check(_ proof: KeyProof, of key: PublicKey, bearer: String, at now: MonotonicTime) async throws(CodedError) {
        guard isOwn(proof.challenge, for: key, at: now) else {
            throw CodedError(
                "challenge-expired",
                "the challenge is over \(DurationText.format(Self.lifetime)) old, for another key, or of an earlier start of the coordinator: ask for a new one (POST \(APIPath.challenges))"
            )
        }
        guard proof.holds(for: key, bearer: bearer, coordinatorKey: privateKey) else {
            throw CodedError(
                "proof-invalid", "the proof does not show that the sender holds the private half of the key \(key)")
        }
    }

    private func isOwn(_ challenge: String, for key: PublicKey, at now: MonotonicTime) -> Bool {
        guard challenge.utf8.count <= KeyProof.challengeLimit, let bytes = Base64URL.decode(challenge),
            bytes.count == Self.bodyCount + SHA256.byteCount
        else { return false }
        let body = Array(bytes.prefix(Self.bodyCount))
        let mac = Array(bytes.dropFirst(Self.bodyCount))
        guard HMAC<SHA256>.isValidAuthenticationCode(mac, authenticating: body + key.bytes, using: secret) else { return false }
        let expiry = body.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return now < MonotonicTime(nanoseconds: Int64(bitPattern: expiry))
    }
}
