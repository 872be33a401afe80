import Basics
import ControlProtocol
import FoundationEssentials
import MeshModel
import Testing

@testable import CoordinatorCore

/// Rename, change of key, and revocation of a credential.
@Suite struct IdentityChangeTests {
    @Test func namesAndKeysChangeOnDiskToo() async throws {
        let directory = try TestDirectory()
        let test = TestSettings()
        let coordinator = try await makeCoordinator(directory, test)
        let (one, two) = try await twoMachines(coordinator)
        try await coordinator.rename(one.id, to: #require(MachineName("alpha")))
        try await coordinator.changeKey(of: coordinator.authenticate(bearer: one.credential), to: key(7))
        let taken = await #expect(throws: CodedError.self) {
            try await coordinator.rename(one.id, to: #require(MachineName("b")))
        }
        #expect(taken?.code == "name-taken" && taken?.message.contains("b-2") == true)
        let used = await #expect(throws: CodedError.self) {
            try await coordinator.changeKey(of: coordinator.authenticate(bearer: two.credential), to: key(7))
        }
        #expect(used?.code == "key-taken")
        let stored = try await coordinator.store.machines().map(\.peer).first { $0.id == one.id }
        #expect(stored?.name.text == "alpha" && stored?.meshAddress == one.meshAddress)
        #expect(try stored?.publicKey == key(7) && stored?.formerKeys == [key(1)], "machines that know the former key can follow")
        #expect(test.log.events.suffix(2) == ["machine-renamed", "machine-key-changed"], "\(test.log.events)")
        #expect(try await coordinator.authenticate(bearer: one.credential).machine == one.id, "the credential stays")
    }

    @Test func aRevokedCredentialNeedsAJoinTokenAgain() async throws {
        let directory = try TestDirectory()
        let coordinator = try await makeCoordinator(directory)
        let (one, _) = try await twoMachines(coordinator)
        let caller = try await coordinator.authenticate(bearer: one.credential)
        let stream = await coordinator.openStream(for: caller, since: nil, from: "test")
        try await coordinator.revokeCredential(of: one.id)
        #expect(stream.ending == .credentialRevoked)
        let void = await #expect(throws: CodedError.self) { try await coordinator.authenticate(bearer: one.credential) }
        #expect(void?.code == "credential-invalid")
        let request = try await provedRequest("a", 1, one.credential, coordinator)
        let refused = await #expect(throws: CodedError.self) {
            try await coordinator.register(request, bearer: one.credential, from: "test")
        }
        #expect(refused?.code == "credential-invalid")
        let token = try await coordinator.issueToken(TokenRequest(reusable: true, expiresInSeconds: 60))
        let proved = try await provedRequest("a", 1, token.secret, coordinator)
        let again = try await coordinator.register(proved, bearer: token.secret, from: "test").answer
        #expect(again.id == one.id && again.meshAddress == one.meshAddress)
        let unknown = await #expect(throws: CodedError.self) { try await coordinator.revokeCredential(of: .random()) }
        #expect(unknown?.code == "machine-unknown")
    }

    @Test func aRevocationOutlivesARestartAndAUsedToken() async throws {
        let directory = try TestDirectory()
        let first = try await makeCoordinator(directory)
        let token = try await first.issueToken(TokenRequest(reusable: false, expiresInSeconds: 60))
        let request = try await provedRequest("a", 1, token.secret, first)
        let one = try await first.register(request, bearer: token.secret, from: "test").answer
        try await first.revokeCredential(of: one.id)
        try await first.store.close()
        let second = try await makeCoordinator(directory)
        for bearer in [one.credential, token.secret] {
            let request = try await provedRequest("a", 1, bearer, second)
            await #expect(throws: CodedError.self) { try await second.register(request, bearer: bearer, from: "test") }
        }
    }

    @Test func aRequestThatBeganBeforeTheRevocationComesToNothing() async throws {
        let coordinator = try await makeCoordinator(TestDirectory())
        let (one, _) = try await twoMachines(coordinator)
        let caller = try await coordinator.authenticate(bearer: one.credential)
        try await coordinator.revokeCredential(of: one.id)
        let attempts: [@Sendable () async throws -> Void] = [
            { try await coordinator.changeKey(of: caller, to: key(7)) },
            { try await coordinator.leave(caller) },
            { _ = try await coordinator.heartbeat(HeartbeatRequest(endpoints: [], applied: nil), from: caller) },
        ]
        for attempt in attempts {
            let refusal = await #expect(throws: CodedError.self) { try await attempt() }
            #expect(refusal?.code == "credential-invalid")
        }
        let machine = try #require(await coordinator.machineList().machines.first { $0.id == one.id })
        #expect(try machine.publicKey == key(1) && machine.revoked == true)
    }

    @Test func aLostAnswerToARegistrationLocksNobodyOut() async throws {
        let directory = try TestDirectory()
        let first = try await makeCoordinator(directory)
        let (one, _) = try await twoMachines(first)
        _ = try await first.authenticate(bearer: one.credential)
        // The answers are lost, and the coordinator is killed.
        _ = try await again(one.credential, first)
        _ = try await again(one.credential, first)
        try await first.store.close()
        let second = try await makeCoordinator(directory)
        let void = await #expect(throws: CodedError.self) { try await second.authenticate(bearer: one.credential) }
        #expect(void?.code == "credential-invalid", "it is good for registering alone")
        let two = try await again(one.credential, second)
        #expect(two.id == one.id)
        // This one came through, and proves itself by registering once more; that answer is lost.
        _ = try await again(two.credential, second)
        let last = try await again(two.credential, second)
        _ = try await second.authenticate(bearer: last.credential)
        for credential in [one.credential, two.credential] {
            let refusal = await #expect(throws: CodedError.self) { try await again(credential, second) }
            #expect(refusal?.code == "credential-invalid")
        }
    }

    private func again(_ credential: String, _ coordinator: Coordinator) async throws -> Registration {
        let request = try await provedRequest("a", 1, credential, coordinator)
        return try await coordinator.register(request, bearer: credential, from: "test").answer
    }

    private func twoMachines(_ coordinator: Coordinator) async throws -> (Registration, Registration) {
        let token = try await coordinator.issueToken(TokenRequest(reusable: true, expiresInSeconds: 60))
        func register(_ name: String, _ number: Int) async throws -> Registration {
            let request = try await provedRequest(name, number, token.secret, coordinator)
            return try await coordinator.register(request, bearer: token.secret, from: "test").answer
        }
        return (try await register("a", 1), try await register("b", 2))
    }
}
