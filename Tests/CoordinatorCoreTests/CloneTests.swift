import Basics
import ControlProtocol
import FoundationEssentials
import MeshModel
import Testing
import Timing

@testable import CoordinatorCore

/// Two runs of an agent with one key.
@Suite struct CloneTests {
    private static let clone = "00000000000000c1"

    @Test func aCloneIsRefusedAndNamedWhileTheOtherOneLives() async throws {
        let directory = try TestDirectory()
        let test = TestSettings()
        try await withCoordinator(directory, test) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            let stream = try await client.follow(one)
            _ = try await stream.next()
            // With the token, with a copy of the credential, and with one that is void: the key is what it is refused for.
            for bearer in [token.secret, one.credential, "\(one.id).void"] {
                let refused = try await client.tryRegister("a", key: 1, bearer: bearer, instance: Self.clone)
                #expect(try refused.status == 409 && refused.problem() == "key-in-use")
                let detail = try refused.decode(Problem.self).detail
                #expect(detail.contains("the machine a (\(one.id))") && detail.contains("alive at 127.0.0.1:"), "\(detail)")
            }
            #expect(try await client.tryHeartbeat(one).status == 200)
            #expect(try await stream.next() != nil, "the keepalive that asked whether it lives; the stream is open")
            let events = try await client.admin.get(AdminPath.events, as: MembershipEventList.self).events
            let reports = events.filter { $0.event == "duplicate-key" }
            #expect(reports.count == 1, "one a minute")
            #expect(reports.first?.detail.split(separator: "127.0.0.1:").count == 3, "both addresses: \(reports)")
            #expect(!test.log.events.contains("registration-refused"))
        }
    }

    @Test func aRestartIsAcceptedAtOnce() async throws {
        let directory = try TestDirectory()
        try await withCoordinator(directory) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            // Killed before it opened its stream.
            let two = try await client.tryRegister("a", key: 1, bearer: one.credential, instance: "00000000000000b2")
            #expect(try two.status == 200 && two.decode(Registration.self).id == one.id)
            let credential = try two.decode(Registration.self)
            let stream = try await client.follow(credential)
            _ = try await stream.next()
            // Killed with its stream open: the new run may be quicker than the news of the old one's end.
            stream.close()
            let start = MonotonicTime.now
            let three = try await client.tryRegister("a", key: 1, bearer: credential.credential, instance: "00000000000000b3")
            #expect(try three.status == 200 && three.decode(Registration.self).id == one.id)
            #expect(MonotonicTime.now - start < .seconds(2))
        }
    }

    /// The stream of a machine that was rebooted breaks when something is sent over it, and not before.
    @Test(.timeLimit(.minutes(1))) func aRestartWhoseOldStreamBreaksWhenAskedIsAccepted() async throws {
        let directory = try TestDirectory()
        defer { withExtendedLifetime(directory) {} }
        let coordinator = try await makeCoordinator(directory)
        let token = try await coordinator.issueToken(TokenRequest(reusable: true, expiresInSeconds: 60))
        let (one, _) = try await coordinator.register(
            provedRequest("a", 1, token.secret, coordinator), bearer: token.secret, from: "192.0.2.1:1")
        let stream = await coordinator.openStream(
            for: try coordinator.authenticate(bearer: one.credential), since: nil, from: "192.0.2.1:2")
        let reader = Task {
            for await _ in stream.wakeUps where stream.take()?.keepalive == true {
                stream.end(.clientGone)
                await coordinator.closeStream(stream, lines: 0)
            }
        }
        var request = try await provedRequest("a", 1, one.credential, coordinator)
        request.instance = "00000000000000b2"
        let (again, isNew) = try await coordinator.register(request, bearer: one.credential, from: "192.0.2.1:3")
        #expect(again.id == one.id && !isNew)
        await reader.value
    }

    @Test func whoeverHoldsTheKeyAfterASilentOneGetsIn() async throws {
        let directory = try TestDirectory()
        let test = TestSettings(heartbeat: .seconds(10), suspect: .seconds(60), unresponsive: .seconds(120))
        test.wall.stopMonotonic()
        try await withCoordinator(directory, test) { [wall = test.wall] client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            let stream = try await client.follow(one)
            _ = try await stream.next()
            // The stream stays open, as that of a machine that lost its power; no heartbeat comes.
            wall.advance(monotonic: .seconds(20))
            let early = try await client.tryRegister("a", key: 1, bearer: one.credential, instance: Self.clone)
            #expect(try early.problem() == "key-in-use", "silent for two intervals, and no longer")
            wall.advance(monotonic: .milliseconds(1))
            let answer = try await client.tryRegister("a", key: 1, bearer: one.credential, instance: Self.clone)
            #expect(answer.status == 200)
            let accepted = try answer.decode(Registration.self)
            #expect(accepted.id == one.id)
            while try await stream.next() != nil {}
            // Now the newcomer is the one that lives. The other one learns why it is locked out, whatever it comes with: the token would
            // admit it.
            let newcomer = try await client.follow(accepted)
            _ = try await newcomer.next()
            #expect(try await client.tryHeartbeat(accepted).status == 200)
            for bearer in [token.secret, one.credential] {
                let late = try await client.tryRegister("a", key: 1, bearer: bearer)
                #expect(try late.status == 409 && late.problem() == "key-in-use")
            }
            #expect(try await client.tryHeartbeat(accepted).status == 200)
        }
    }
}
