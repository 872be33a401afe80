import Basics
import ControlProtocol
import Crypto
import FoundationEssentials
import MeshModel
import Testing

@testable import CoordinatorCore

/// Nobody gets in with a key whose private half it does not hold.
@Suite struct ProofTests {
    @Test func aChallengeIsGoodForAMinuteForOneKeyAndOneProcess() async throws {
        let book = try ChallengeBook()
        let start = MonotonicTime(nanoseconds: 7_000_000_000)
        let challenge = book.challenge(for: try key(1), at: start)
        #expect(challenge.expiresInMilliseconds == 60_000 && challenge.challenge.utf8.count <= KeyProof.challengeLimit)
        #expect(book.challenge(for: try key(1), at: start) != challenge, "no two are the same")
        let proof = try KeyProof(answering: challenge, privateKey: privateKey(1), bearer: "secret")
        try await book.check(proof, of: key(1), bearer: "secret", at: start + .milliseconds(59_999))
        func code(
            _ proof: KeyProof, _ number: Int = 1, _ bearer: String = "secret", after: Duration = .zero,
            in other: ChallengeBook? = nil
        ) async -> String? {
            do throws(CodedError) {
                guard let key = try? key(number) else { return "key" }
                try await (other ?? book).check(proof, of: key, bearer: bearer, at: start + after)
                return nil
            } catch {
                return error.code
            }
        }
        #expect(await code(proof, after: .seconds(60)) == "challenge-expired")
        #expect(await code(proof, 2) == "challenge-expired", "a challenge for another key")
        #expect(await code(proof, 1, "other") == "proof-invalid")
        #expect(await code(proof, in: try ChallengeBook()) == "challenge-expired", "a coordinator that was started again")
        let others = try KeyProof(answering: challenge, privateKey: privateKey(2), bearer: "secret")
        #expect(await code(others) == "proof-invalid", "the private half of another key")
        // The expiry cannot be moved.
        var bytes = try #require(Base64URL.decode(challenge.challenge))
        bytes[3] ^= 1
        var moved = proof
        moved.challenge = Base64URL.encode(bytes)
        #expect(await code(moved) == "challenge-expired")
        for text in ["", "x", String(repeating: "A", count: 256), "!!"] {
            moved.challenge = text
            #expect(await code(moved) == "challenge-expired")
        }
    }

    /// Somebody who knows the secret of a point of low order, as everybody does, proves nothing with it.
    @Test func aKeyOfLowOrderIsRefused() async throws {
        let directory = try TestDirectory()
        try await withCoordinator(directory) { client in
            let token = try await client.issueToken()
            let zero = Data(repeating: 0, count: 32)
            let text = zero.base64EncodedString()
            let challenge = try await client.send("POST", APIPath.challenges, body: "{\"publicKey\":\"\(text)\"}")
                .decode(Challenge.self)
            let known = HKDF<SHA256>.deriveKey(
                inputKeyMaterial: SymmetricKey(data: zero), salt: Array(challenge.challenge.utf8),
                info: Array("warren key proof 1".utf8), outputByteCount: 32)
            let message = challenge.coordinatorKey.bytes + Array(zero) + Array(SHA256.hash(data: Array(token.secret.utf8)))
            let mac = Base64URL.encode(Array(HMAC<SHA256>.authenticationCode(for: message, using: known)))
            let answer = try await client.send(
                "POST", APIPath.machines, bearer: token.secret,
                body: """
                    {"name":"a","publicKey":"\(text)","endpoints":[],"instance":"0123456789abcdef",\
                    "proof":{"challenge":"\(challenge.challenge)","mac":"\(mac)"}}
                    """)
            #expect(try answer.status == 403 && answer.problem() == "proof-invalid")
        }
    }

    @Test func aStolenPublicKeyIsRefused() async throws {
        let directory = try TestDirectory()
        let test = TestSettings()
        try await withCoordinator(directory, test) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            // The thief knows the key of "a", has a valid token and a key pair of its own.
            let challenge = try await client.challenge(key: 1)
            let forged = try KeyProof(answering: challenge, privateKey: privateKey(2), bearer: token.secret)
            let stolen = try await client.tryRegister("thief", key: 1, proof: forged, bearer: token.secret)
            #expect(try stolen.status == 403 && stolen.problem() == "proof-invalid")
            // A proof that was overheard is of no use with another token, nor with the credential.
            let other = try await client.issueToken()
            let overheard = try await client.proof(key: 1, bearer: token.secret)
            for bearer in [other.secret, one.credential] {
                let replayed = try await client.tryRegister("thief", key: 1, proof: overheard, bearer: bearer)
                #expect(try replayed.status == 403 && replayed.problem() == "proof-invalid")
            }
            let foreign = try ChallengeBook().challenge(for: key(1), at: MonotonicTime(nanoseconds: 1 << 60))
            let proof = try KeyProof(answering: foreign, privateKey: privateKey(1), bearer: token.secret)
            let refused = try await client.tryRegister("a", key: 1, proof: proof, bearer: token.secret)
            #expect(try refused.status == 403 && refused.problem() == "challenge-expired")
            #expect(try await client.tryHeartbeat(one).status == 200, "its credential is still the one")
            let list = try await client.admin.get(APIPath.machines, as: MachineList.self).machines
            #expect(list.map(\.name.text) == ["a"])
            #expect(test.log.text.contains("proof-invalid"))
        }
    }

    @Test func aKeyIsChangedUnderTheSameIdentity() async throws {
        let directory = try TestDirectory()
        try await withCoordinator(directory) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            let two = try await client.register("b", key: 2, bearer: token.secret)
            let stream = try await client.follow(two)
            _ = try await stream.next()
            // Without the private half of the new key: refused.
            let forged = try KeyProof(
                answering: await client.challenge(key: 11), privateKey: privateKey(12), bearer: one.credential)
            let refused = try await client.tryChangeKey(of: one, to: 11, proof: forged)
            #expect(try refused.status == 403 && refused.problem() == "proof-invalid")
            let foreign = try await client.proof(key: 11, bearer: two.credential)
            #expect(try await client.tryChangeKey(of: one, to: 11, proof: foreign).problem() == "proof-invalid")
            let taken = try await client.tryChangeKey(of: one, to: 2)
            #expect(try taken.status == 409 && taken.problem() == "key-taken")

            for _ in 1...2 {
                let changed = try await client.tryChangeKey(of: one, to: 11)
                #expect(changed.status == 200, "asked twice, answered twice")
                let answer = try changed.decode(ChangedKey.self)
                #expect(try answer.id == one.id && answer.publicKey == key(11))
            }
            let update = try #require(try await stream.next()?.upserts?.first)
            #expect(try update.id == one.id && update.publicKey == key(11) && update.meshAddress == one.meshAddress)
            #expect(try await client.tryHeartbeat(one).status == 200, "the credential stays")
            let again = try await client.register("a", key: 11, bearer: one.credential)
            #expect(again.id == one.id && again.meshAddress == one.meshAddress)
            let wrong = try await client.send("PUT", APIPath.key(two.id), bearer: again.credential, body: "{}")
            #expect(try wrong.problem() == "forbidden")
            let old = try await client.register("c", key: 1, bearer: token.secret)
            #expect(old.id != one.id, "the old key is anybody's who holds it, as a new machine")
        }
    }
}
