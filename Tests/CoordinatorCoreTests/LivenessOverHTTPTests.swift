import Basics
import ControlProtocol
import MeshModel
import Testing

@testable import CoordinatorCore

@Suite struct LivenessOverHTTPTests {
    private static let fast = TestSettings(
        heartbeat: .milliseconds(20), suspect: .milliseconds(300), unresponsive: .milliseconds(600))

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

    @Test func aRestartKeepsTheUnresponsiveMarkAndGivesOthersAGracePeriod() async throws {
        let directory = try TestDirectory()
        let (one, two, epoch) = try await withCoordinator(directory, Self.fast) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            let two = try await client.register("b", key: 2, bearer: token.secret)
            let position = try await within {
                while true {
                    _ = try await client.tryHeartbeat(one)
                    let list = try await client.admin.get(APIPath.machines, as: MachineList.self)
                    if list.machines.last?.liveness == .unresponsive { return list.position }
                }
            }
            return (one, two, position.epoch)
        }
        try await withCoordinator(directory) { client in
            let list = try await client.admin.get(APIPath.machines, as: MachineList.self)
            #expect(list.machines.map(\.liveness) == [.alive, .unresponsive])
            #expect(
                list.machines.map(\.id) == [one.id, two.id]
                    && list.machines.map(\.meshAddress) == [one.meshAddress, two.meshAddress])
            #expect(list.position.epoch != epoch && list.position.epoch.count == 16)
            #expect(list.machines[0].silentMilliseconds == nil, "not heard since the start")
            let stream = try await client.follow(one, since: .init(epoch: epoch, revision: 2))
            #expect(try await stream.next()?.snapshot?.map(\.id) == [two.id], "a new epoch gets a snapshot")
            #expect(try await client.tryHeartbeat(two).status == 200, "the credential is still good")
            #expect(try await stream.next()?.upserts?.map(\.liveness) == [.alive])
        }
    }
}
