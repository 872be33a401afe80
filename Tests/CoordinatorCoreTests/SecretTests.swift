import ControlProtocol
import FoundationEssentials
import MeshModel
import Testing

@testable import CoordinatorCore

/// What secrets pass through keeps none of them. What is done on a full disk is looked through in `FullDiskTests`.
@Suite struct SecretTests {
    /// Every byte of the hash counts, and it is SHA-256 (FIPS 180-2, appendix B.1).
    @Test func hashesAreComparedToTheirEnd() throws {
        let hash = SecretHash(of: "abc")
        let known: [UInt8] = [
            0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61,
            0xa3,
            0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
        ]
        #expect(hash.bytes == known && hash.matches(SecretHash(known: known)))
        for place in known.indices {
            for bit in 0..<8 {
                var other = known
                other[place] ^= 1 << UInt8(bit)
                #expect(try !hash.matches(#require(SecretHash(stored: other))), "byte \(place), bit \(bit)")
            }
        }
        #expect(SecretHash(stored: Array(known.dropLast())) == nil && SecretHash(stored: known + [0]) == nil)
    }

    @Test func secretsAreNeitherStoredNorLogged() async throws {
        let directory = try TestDirectory()
        let place = try TestDirectory()
        let test = TestSettings()
        let secrets = try await withCoordinator(directory, test) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            _ = try await client.tryHeartbeat(one)
            _ = try await client.tryRegister("b", key: 1, bearer: "wrong-secret")
            // Another key; once refused, once accepted.
            let used = try await client.proof(key: 5, bearer: one.credential)
            let mistaken = try await client.proof(key: 6, bearer: token.secret)
            #expect(try await client.tryChangeKey(of: one, to: 6, proof: mistaken).problem() == "proof-invalid")
            #expect(try await client.tryChangeKey(of: one, to: 5, proof: used).status == 200)
            // The credential is revoked, is tried again, and another one takes its place.
            try await client.admin.delete(AdminPath.credential(one.id))
            #expect(try await client.tryHeartbeat(one).problem() == "credential-invalid")
            #expect(try await client.tryRegister("a", key: 5, bearer: one.credential).problem() == "credential-invalid")
            let other = try await client.issueToken()
            let again = try await client.register("a", key: 5, bearer: other.secret)
            try await client.admin.delete("\(AdminPath.tokens)/\(other.id)")
            #expect(try await client.tryRegister("c", key: 7, bearer: other.secret).problem() == "join-token-invalid")

            let secrets =
                [token.secret, other.secret, used.mac, mistaken.mac, "wrong-secret"]
                + [one, again].map(\.secretPart)
            let files = try directory.files()
            #expect(files.keys.contains("coordinator.db-wal"))
            _ = try Backup.make(of: directory.path, to: "\(place.path)/saved")
            let saved = try #require(FileManager.default.contents(atPath: "\(place.path)/saved/coordinator.db"))
            #expect(place.mode(of: "saved") == 0o700 && place.mode(of: "saved/coordinator.db") == 0o600)
            for (name, bytes) in files.merging(["the backup": Array(saved)], uniquingKeysWith: { first, _ in first }) {
                expectNone(of: secrets, in: bytes, name)
            }
            #expect(files.values.contains { holds($0, one.id.text) }, "the search finds what is there")
            #expect(holds(Array(saved), one.id.text), "and in the backup")
            for name in files.keys { #expect(directory.mode(of: name) == 0o600, "\(name)") }
            #expect(directory.mode(of: "admin.sock") == 0o600)
            for path in [AdminPath.events, AdminPath.tokens, APIPath.machines] {
                expectNone(of: secrets, in: Array(try await client.sendToAdmin("GET", path).body), "GET \(path)")
            }
            return secrets
        }
        expectNone(of: secrets, in: Array(test.log.text.utf8), "the log")
        for event in ["machine-registered", "machine-key-changed", "machine-credential-revoked", "registration-refused"] {
            #expect(test.log.events.contains(event), "\(event)")
        }
    }
}

extension Registration {
    /// The credential without the id in front of it.
    var secretPart: String { String(credential.dropFirst(id.text.utf8.count + 1)) }
}

/// Nor the beginning of one.
///
/// - Parameter place: what the bytes are, for people.
func expectNone(of secrets: [String], in bytes: [UInt8], _ place: String) {
    for secret in secrets { #expect(secret.utf8.count >= 12 && !holds(bytes, String(secret.prefix(12))), "\(place)") }
}

private func holds(_ bytes: [UInt8], _ text: String) -> Bool { bytes.firstRange(of: Array(text.utf8)) != nil }
