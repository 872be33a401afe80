import Basics
import ControlProtocol
import MeshModel
import Testing

@testable import CoordinatorCore

@Suite struct LivenessOverHTTPTests {
    @Test func silenceGoesToEverybodyAndAHeartbeatEndsIt() async throws {
        let directory = try TestDirectory()
        let test = TestSettings(heartbeat: .milliseconds(100), suspect: .milliseconds(400), unresponsive: .milliseconds(800))
        try await withCoordinator(directory, test) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            let two = try await client.register("b", key: 2, bearer: token.secret)
            let silentSince = ContinuousClock.now
            let stream = try await client.follow(one)
            _ = try await stream.next()
            // Nobody sends heartbeats, so the reader itself becomes suspect too; its own changes come as keepalives.
            var last = Liveness.alive
            while last != .unresponsive {
                let update = try #require(try await stream.next())
                last = update.upserts?.last?.liveness ?? last
            }
            #expect(ContinuousClock.now - silentSince > .milliseconds(700))
            _ = try await client.tryHeartbeat(two)
            #expect(try await stream.next()?.upserts?.map(\.liveness) == [.alive])
            let events = try await client.admin.get(AdminPath.events, as: MembershipEventList.self).events
            let story = events.filter { $0.machine == two.id }.map(\.event)
            #expect(story == ["machine-registered", "machine-suspect", "machine-unresponsive", "machine-recovered"])
        }
    }
}
