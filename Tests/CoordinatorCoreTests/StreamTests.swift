import Basics
import ControlProtocol
import MeshModel
import Testing

@testable import CoordinatorCore

@Suite struct StreamTests {
    @Test func aSnapshotThenDeltas() async throws {
        let directory = try TestDirectory()
        try await withCoordinator(directory) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            let stream = try await client.follow(one)
            #expect(try await stream.next()?.snapshot?.isEmpty == true)
            let two = try await client.register("b", key: 2, bearer: token.secret, endpoints: ["192.0.2.2:51820"])
            let joined = try #require(try await stream.next()?.upserts?.first)
            #expect(joined.id == two.id && joined.name.text == "b" && joined.liveness == .alive)
            #expect(joined.endpoints.map(\.description) == ["192.0.2.2:51820"])
            _ = try await client.tryHeartbeat(two, endpoints: ["192.0.2.9:1"])
            #expect(try await stream.next()?.upserts?.first?.endpoints.map(\.description) == ["192.0.2.9:1"])
            _ = try await client.send("DELETE", APIPath.machine(two.id), bearer: two.credential)
            #expect(try await stream.next()?.removals == [two.id])
        }
    }

    @Test func resumingGivesTheDeltaOnly() async throws {
        let directory = try TestDirectory()
        try await withCoordinator(directory) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            _ = try await client.register("b", key: 2, bearer: token.secret)
            let stream = try await client.follow(one)
            let snapshot = try #require(try await stream.next())
            #expect(snapshot.snapshot?.count == 1)
            stream.close()
            let three = try await client.register("c", key: 3, bearer: token.secret)
            let resumed = try await client.follow(one, since: snapshot.position)
            let delta = try #require(try await resumed.next())
            #expect(delta.upserts?.map(\.id) == [three.id] && delta.removals == [])
            #expect(delta.position.revision == snapshot.position.revision + 1)
            let other = try await client.follow(one, since: .init(epoch: "0123456789abcdef", revision: 2))
            #expect(try await other.next()?.snapshot?.count == 2, "a position of another epoch gets a snapshot")
        }
    }

    @Test func aRestartedCoordinatorSendsNoSnapshotToWhoeverHasEverything() async throws {
        let directory = try TestDirectory()
        let (one, two, snapshot) = try await withCoordinator(directory) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            let two = try await client.register("b", key: 2, bearer: token.secret, endpoints: ["192.0.2.2:51820"])
            let stream = try await client.follow(one)
            return (one, two, try #require(try await stream.next()))
        }
        let digest = PeerMapDigest(try #require(snapshot.snapshot))
        try await withCoordinator(directory) { client in
            let same = try await client.follow(one, since: snapshot.position, digest: digest)
            let unchanged = try #require(try await same.next())
            #expect(unchanged == .unchanged(unchanged.position, suspects: []) && unchanged.position != snapshot.position)
            _ = try await client.tryHeartbeat(two, endpoints: ["192.0.2.9:1"])
            #expect(try await same.next()?.upserts?.map(\.id) == [two.id], "it goes on from there")
            let other = try await client.follow(one, since: snapshot.position, digest: digest)
            #expect(try await other.next()?.snapshot?.count == 1, "the content is another one by now")
            let bad = try await client.send(
                "GET", "\(APIPath.peerStream)?epoch=e&revision=1&digest=ABC", bearer: one.credential)
            #expect(try bad.status == 400 && bad.problem() == "bad-request")
        }
    }

    @Test func aChangeLeavesWithinMilliseconds() async throws {
        let directory = try TestDirectory()
        try await withCoordinator(directory) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            let two = try await client.register("b", key: 2, bearer: token.secret)
            let stream = try await client.follow(one)
            _ = try await stream.next()
            var fastest = Duration.seconds(1)
            for port in 1...40 {
                let start = ContinuousClock.now
                _ = try await client.tryHeartbeat(two, endpoints: ["192.0.2.2:\(port)"])
                #expect(try await stream.next()?.upserts?.first?.endpoints.first?.port == UInt16(port))
                fastest = min(fastest, ContinuousClock.now - start)
            }
            #expect(fastest < .milliseconds(50), "the fastest of forty, the request included: \(fastest)")
        }
    }

    @Test func keepalivesFillTheSilence() async throws {
        let directory = try TestDirectory()
        try await withCoordinator(directory, TestSettings(keepalive: .milliseconds(50))) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            let stream = try await client.follow(one)
            let position = try #require(try await stream.next()).position
            #expect(try await stream.next() == .keepalive(position))
            #expect(try await stream.next() == .keepalive(position))
            let quiet = try await client.follow(one, since: position)
            #expect(try await quiet.next() == .keepalive(position), "up to date: nothing before the first keepalive")
        }
    }

    @Test func aSecondStreamReplacesTheFirst() async throws {
        let directory = try TestDirectory()
        let test = TestSettings()
        try await withCoordinator(directory, test) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            let first = try await client.follow(one)
            _ = try await first.next()
            let second = try await client.follow(one)
            #expect(try await first.next() == nil)
            _ = try await second.next()
            _ = try await client.register("b", key: 2, bearer: token.secret)
            #expect(try await second.next()?.upserts?.count == 1)
        }
        #expect(test.log.text.contains("replaced"))
    }

    @Test func aStreamEndsWithItsCredential() async throws {
        let directory = try TestDirectory()
        try await withCoordinator(directory) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            let stream = try await client.follow(one)
            _ = try await stream.next()
            let again = try await client.register("a", key: 1, bearer: token.secret)
            #expect(try await stream.next() == nil, "the credential was replaced")
            let next = try await client.follow(again)
            _ = try await next.next()
            try await client.admin.delete(APIPath.machine(again.id))
            #expect(try await next.next() == nil, "the machine was removed")
            #expect(try await client.tryHeartbeat(again).problem() == "credential-invalid")
        }
    }

    @Test func openStreamsDoNotHoldUpAShutdown() async throws {
        let directory = try TestDirectory()
        let test = TestSettings()
        let (stream, start) = try await withCoordinator(directory, test) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            let stream = try await client.follow(one)
            _ = try await stream.next()
            return (stream, ContinuousClock.now)
        }
        #expect(ContinuousClock.now - start < .seconds(2))
        #expect(try await stream.next() == nil, "ended in order, not broken off")
        let pauses = try await stream.pauses()
        #expect(pauses.count == 1 && pauses.allSatisfy { (0...2).contains($0) }, "one stream: spread over 2 ms")
        #expect(test.log.events.suffix(3) == ["coordinator-stopping", "stream-closed", "coordinator-stopped"])
        #expect(test.log.text.contains("stopping"))
    }

    @Test func aClientThatGoesAwayIsNoticed() async throws {
        let directory = try TestDirectory()
        let test = TestSettings()
        try await withCoordinator(directory, test) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            let stream = try await client.follow(one)
            _ = try await stream.next()
            stream.close()
            try await within {
                while !test.log.text.contains("client-gone") { await Task.yield() }
            }
        }
    }
}
