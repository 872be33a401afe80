import Basics
import ControlProtocol
import FoundationEssentials
import MeshModel
import Synchronization
import Testing

@testable import CoordinatorCore

/// The actor alone, with a clock that the test moves.
@Suite struct CoordinatorTests {
    private final class ManualClock: Sendable {
        private let now = Mutex(MonotonicTime(nanoseconds: 5_000_000_000))
        func advance(_ by: Duration) { now.withLock { $0 = $0 + by } }
        var clock: CoordinatorClock {
            CoordinatorClock(monotonic: { self.now.withLock { $0 } }, wall: { 1_800_000_000 })
        }
    }

    private func start(_ directory: TestDirectory, _ clock: ManualClock) async throws -> Coordinator {
        let settings = try CoordinatorSettings(
            data: directory.path, listen: #require(ListenAddress("127.0.0.1:0")), pool: #require(IPPrefix("100.64.0.0/10")))
        let store = try Store(path: DataDirectory.database(in: directory.path))
        return try await Coordinator(settings: settings, store: store, clock: clock.clock, logger: LogRecorder().logger)
    }

    private func register(_ name: String, _ number: Int, _ token: IssuedToken, _ coordinator: Coordinator) async throws -> Caller
    {
        let challenge = await coordinator.challenges.challenge(for: try key(number), at: coordinator.clock.monotonic())
        let request = RegistrationRequest(
            name: try #require(MachineName(name)), publicKey: try key(number), endpoints: [],
            proof: try KeyProof(answering: challenge, privateKey: privateKey(number), bearer: token.secret),
            instance: testInstance(number))
        let registration = try await coordinator.register(request, bearer: token.secret, from: "192.0.2.1:40000").answer
        return try await coordinator.authenticate(bearer: registration.credential)
    }

    @Test func theUnresponsiveMarkSurvivesAndEverybodyElseGetsAFreshGracePeriod() async throws {
        let directory = try TestDirectory()
        let clock = ManualClock()
        let first = try await start(directory, clock)
        let token = try await first.issueToken(TokenRequest(reusable: true, expiresInSeconds: 60))
        let one = try await register("a", 1, token, first)
        let two = try await register("b", 2, token, first)
        for _ in 0..<12 {
            clock.advance(.milliseconds(500))
            _ = try await first.heartbeat(HeartbeatRequest(endpoints: [], applied: nil), from: one)
            _ = await first.tick()
        }
        #expect(await first.machineList().machines.map(\.liveness) == [.alive, .unresponsive])
        try await first.saveChanges()

        // The first one is not closed: what the second one reads is what a SIGKILL would have left.
        let second = try await start(directory, clock)
        var list = await second.machineList().machines
        #expect(list.map(\.id) == [one.machine, two.machine] && list.map(\.liveness) == [.alive, .unresponsive])
        #expect(list.allSatisfy { $0.silentMilliseconds == nil }, "nobody has been heard since the start")
        for _ in 0..<5 {
            clock.advance(.milliseconds(500))
            _ = await second.tick()
        }
        #expect(await second.machineList().machines.map(\.liveness) == [.alive, .unresponsive], "2.5 s of the grace period")
        clock.advance(.milliseconds(500))
        _ = await second.tick()
        #expect(await second.machineList().machines.map(\.liveness) == [.suspect, .unresponsive])
        _ = try await second.heartbeat(HeartbeatRequest(endpoints: [], applied: nil), from: two)
        list = await second.machineList().machines
        #expect(list.map(\.liveness) == [.suspect, .alive] && list[1].silentMilliseconds == 0)
    }

    @Test func aRecoveryIsStoredToo() async throws {
        let directory = try TestDirectory()
        let clock = ManualClock()
        let first = try await start(directory, clock)
        let token = try await first.issueToken(TokenRequest(reusable: true, expiresInSeconds: 60))
        let one = try await register("a", 1, token, first)
        for _ in 0..<12 {
            clock.advance(.milliseconds(500))
            _ = await first.tick()
        }
        try await first.saveChanges()
        #expect(try await start(directory, clock).machineList().machines.map(\.liveness) == [.unresponsive])
        _ = try await first.heartbeat(HeartbeatRequest(endpoints: [], applied: nil), from: one)
        try await first.saveChanges()
        #expect(try await start(directory, clock).machineList().machines.map(\.liveness) == [.alive])
    }

    @Test func slowReadersGetOneCoalescedUpdate() async throws {
        let directory = try TestDirectory()
        let clock = ManualClock()
        let coordinator = try await start(directory, clock)
        let token = try await coordinator.issueToken(TokenRequest(reusable: true, expiresInSeconds: 60))
        let one = try await register("a", 1, token, coordinator)
        let two = try await register("b", 2, token, coordinator)
        let stream = await coordinator.openStream(for: one, since: nil, from: "test")
        let snapshot = try #require(coordinator.hub.next(for: one.machine, since: nil))
        for port in 1...20_000 {
            let endpoint = Endpoint(address: .v4(0xc000_0201), port: UInt16(port))
            _ = try await coordinator.heartbeat(HeartbeatRequest(endpoints: [endpoint], applied: nil), from: two)
        }
        let turn = try #require(coordinator.hub.next(for: one.machine, since: snapshot.position))
        let line = Data(turn.parts.flatMap { Array($0.readableBytesView) })
        guard case .update(let update) = try JSONDecoder().decode(StreamLine.self, from: line) else {
            throw CodedError("test", "no line of the map")
        }
        #expect(update.snapshot?.map(\.endpoints) == [[Endpoint(address: .v4(0xc000_0201), port: 20_000)]], "the log is bounded")
        #expect(coordinator.hub.next(for: one.machine, since: turn.position) == nil)
        var wakeUps = 0
        stream.end(.stopping)
        for await _ in stream.wakeUps { wakeUps += 1 }
        #expect(wakeUps == 1, "20,000 changes are one wake-up for whoever did not listen")
    }
}
