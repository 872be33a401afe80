import Basics
import ControlProtocol
import Crypto
import MeshModel
import Testing

/// A proof of a key holds for that key, that challenge and that bearer, and for nothing else.
@Suite struct KeyProofTests {
    private let machine = Curve25519.KeyAgreement.PrivateKey()
    private let coordinator = Curve25519.KeyAgreement.PrivateKey()

    private func key(_ private: Curve25519.KeyAgreement.PrivateKey) throws -> PublicKey {
        try #require(PublicKey(bytes: Array(`private`.publicKey.rawRepresentation)))
    }

    private func challenge(_ text: String = "c") throws -> Challenge {
        Challenge(challenge: text, coordinatorKey: try key(coordinator), expiresInMilliseconds: 1)
    }

    @Test func itHoldsForItsOwnAlone() throws {
        let proof = try KeyProof(
            answering: challenge(), privateKey: Array(machine.rawRepresentation), bearer: "secret")
        let secret = Array(coordinator.rawRepresentation)
        #expect(proof.holds(for: try key(machine), bearer: "secret", coordinatorKey: secret))
        #expect(!proof.holds(for: try key(machine), bearer: "other", coordinatorKey: secret))
        #expect(!proof.holds(for: try key(.init()), bearer: "secret", coordinatorKey: secret))
        let other = Curve25519.KeyAgreement.PrivateKey()
        #expect(!proof.holds(for: try key(machine), bearer: "secret", coordinatorKey: Array(other.rawRepresentation)))
        var moved = proof
        moved.challenge = "d"
        #expect(!moved.holds(for: try key(machine), bearer: "secret", coordinatorKey: secret))
        moved = proof
        moved.mac = ""
        #expect(!moved.holds(for: try key(machine), bearer: "secret", coordinatorKey: secret))
    }

    /// The secret that X25519 makes of a point of low order is zero, whoever computes it.
    @Test func aKeyOfLowOrderProvesNothing() throws {
        let zero = try #require(PublicKey(bytes: [UInt8](repeating: 0, count: 32)))
        let known = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: [UInt8](repeating: 0, count: 32)), salt: Array("c".utf8),
            info: Array("warren key proof 1".utf8), outputByteCount: 32)
        let message = Array(coordinator.publicKey.rawRepresentation) + zero.bytes + Array(SHA256.hash(data: Array("secret".utf8)))
        let forged = KeyProof(
            challenge: "c", mac: Base64URL.encode(Array(HMAC<SHA256>.authenticationCode(for: message, using: known))))
        #expect(!forged.holds(for: zero, bearer: "secret", coordinatorKey: Array(coordinator.rawRepresentation)))
        let trap = Challenge(challenge: "c", coordinatorKey: zero, expiresInMilliseconds: 1)
        #expect(throws: CodedError.self) {
            try KeyProof(answering: trap, privateKey: Array(machine.rawRepresentation), bearer: "secret")
        }
    }

    @Test func aPinIsReadAsItIsWritten() throws {
        let pin = try #require(CertificatePin(bytes: [UInt8](repeating: 7, count: 32)))
        #expect(CertificatePin(pin.description) == pin)
        #expect(CertificatePin("sha256//AAAA") == nil)
        let token = JoinToken(coordinator: "https://192.0.2.1:7400", id: "t-1", secret: "s", pin: pin)
        #expect(try JoinToken(parsing: token.text()) == token)
    }

    @Test func anIPv6AddressIsMadeOfTheIPv4One() throws {
        let mesh = MeshPrefix6(globalID: 0x12_3456_789a)
        #expect(mesh.prefix.description == "fd12:3456:789a::/64")
        #expect(mesh.address(for: .v4(0x6440_0007))?.description == "fd12:3456:789a::6440:7")
        #expect(mesh.address(for: .v6(1, 2)) == nil)
        #expect(MeshPrefix6(try #require(IPPrefix("fd12:3456:789a::/48"))) == nil)
        #expect(MeshPrefix6(try #require(IPPrefix("2001:db8::/64"))) == nil)
    }
}
