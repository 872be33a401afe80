import Basics
import Crypto
import MeshModel
import WireGuardModel

/// A WireGuard key with both halves.
struct KeyPair: Sendable, Equatable {
    let privateKey: PrivateKey
    let publicKey: PublicKey

    /// From two halves that are known to belong together.
    init(privateKey: PrivateKey, publicKey: PublicKey) {
        self.privateKey = privateKey
        self.publicKey = publicKey
    }

    /// - Throws: `identity`, which a key of 32 bytes never does.
    init(_ privateKey: PrivateKey) throws(CodedError) {
        guard let key = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: privateKey.bytes).publicKey,
            let publicKey = PublicKey(bytes: [UInt8](key.rawRepresentation))
        else { throw CodedError("identity", "the private key is not one of X25519") }
        self.init(privateKey: privateKey, publicKey: publicKey)
    }
}
