import Basics
import ControlProtocol
import FoundationEssentials
import GRDB
import MeshModel
import Synchronization
import Testing

@testable import CoordinatorCore

@Suite struct EventTests {
    private func event(_ number: Int, _ name: String = "a", machine: MachineID = .random()) throws -> MembershipEvent {
        MembershipEvent(
            number: number, time: "2026-11-24T00:00:00Z", event: "test", machine: machine,
            name: try #require(MachineName(name)), detail: "\(number)", reason: number % 2 == 0 ? "even" : nil)
    }

    private func store(_ directory: TestDirectory) throws -> Store {
        try Store(path: DataDirectory.database(in: directory.path))
    }

    @Test func theQueueNumbersForgetsTheOldestAndCountsThem() throws {
        var queue = EventQueue(after: 7)
        for _ in 0..<(EventQueue.capacity + 10) { queue.append(try event(0)) }
        #expect(queue.unwritten.first?.number == 18 && queue.latest == EventQueue.capacity + 17 && queue.lost == 10)
        #expect(queue.unwritten.count == EventQueue.capacity && queue.batch.count == EventQueue.batchLimit)
        queue.written(upTo: 1_017)
        #expect(queue.unwritten.first?.number == 1_018 && queue.unwritten.count == EventQueue.capacity - 1_000)
    }

    @Test func theDiskKeepsTheLatest() async throws {
        let directory = try TestDirectory()
        defer { withExtendedLifetime(directory) {} }
        let store = try store(directory)
        #expect(try await store.latestEventNumber() == 0)
        for start in stride(from: 1, through: 901, by: 100) {
            try await store.save(events: (start..<start + 100).map { try event($0) }, keeping: 250)
        }
        try await store.save(events: [event(1_000), event(1_001)], keeping: 250)
        #expect(try await store.latestEventNumber() == 1_001)
        let all = try await store.events(EventQuery(since: 0))
        #expect(all.map(\.number) == Array(752...1_001), "the oldest go first")
        #expect(all.last?.reason == nil && all[0].reason == "even")
        #expect(try await store.events(EventQuery(limit: 2)).map(\.number) == [1_000, 1_001])
        #expect(try await store.events(EventQuery(limit: 2, since: 0)).map(\.number) == [752, 753])
    }

    @Test func eventsAreFoundByIdAndByName() async throws {
        let directory = try TestDirectory()
        defer { withExtendedLifetime(directory) {} }
        let store = try store(directory)
        let id = MachineID.random()
        try await store.save(events: [event(1, "old", machine: id), event(2, "b"), event(3, "new", machine: id), event(4, "old")])
        func numbers(_ machine: String, _ current: MachineID? = nil) async throws -> [Int] {
            var query = EventQuery(machine: machine)
            query.id = current
            let found = try await store.events(query)
            #expect(query.pick(found) == found, "memory and disk agree")
            return found.map(\.number)
        }
        #expect(try await numbers(id.text) == [1, 3])
        #expect(try await numbers("old") == [1, 4])
        #expect(try await numbers("new", id) == [1, 3], "under earlier names, too")
        #expect(try await numbers("nobody") == [])
    }

    @Test func eventsOutliveTheCoordinator() async throws {
        let directory = try TestDirectory()
        let before = try await withCoordinator(directory) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            try await client.admin.delete(APIPath.machine(one.id))
            return try await client.admin.get(AdminPath.events, as: MembershipEventList.self)
        }
        #expect(before.events.map(\.number) == [1, 2] && before.latest == 2 && before.lost == 0)
        #expect(before.events[0].reason?.hasPrefix("the join token t-") == true)
        try await withCoordinator(directory) { client in
            let after = try await client.admin.get(AdminPath.events, as: MembershipEventList.self)
            #expect(after.events == before.events && after.latest == 2)
            let token = try await client.issueToken()
            _ = try await client.register("b", key: 2, bearer: token.secret)
            let since = try await client.admin.get(AdminPath.events + "?since=2", as: MembershipEventList.self)
            #expect(since.events.map(\.number) == [3] && since.events.map(\.name.text) == ["b"])
            let about = try await client.admin.get(AdminPath.events + "?machine=a&limit=1", as: MembershipEventList.self)
            #expect(about.events.map(\.event) == ["machine-removed"])
            for bad in ["?limit=0", "?limit=1025", "?since=-1", "?since=x", "?machine=A_B"] {
                let error = await #expect(throws: CodedError.self) {
                    _ = try await client.admin.get(AdminPath.events + bad, as: MembershipEventList.self)
                }
                #expect(error?.code == "bad-request", "\(bad)")
            }
        }
    }

    @Test func aFullDiskKeepsEventsInMemory() async throws {
        let directory = try TestDirectory()
        let store = try store(directory)
        let settings = try CoordinatorSettings(
            data: directory.path, listen: #require(ListenAddress("127.0.0.1:0")), pool: #require(.init("10.0.0.0/8")))
        let coordinator = try await Coordinator(
            settings: settings, store: store, clock: .system, logger: LogRecorder().logger)
        let peer = Peer(
            id: .random(), name: try #require(MachineName("a")), publicKey: try key(1),
            meshAddress: try #require(IPAddress("10.0.0.1")), endpoints: [], liveness: .alive)
        try await store.write("test") { try $0.execute(sql: "PRAGMA query_only = 1") }
        await coordinator.note("test", peer, "kept", nil)
        await #expect(throws: CodedError.self) { try await coordinator.saveEvents() }
        #expect(try await coordinator.eventList(EventQuery()).events.map(\.detail) == ["kept"])
        try await store.write("test") { try $0.execute(sql: "PRAGMA query_only = 0") }
        try await coordinator.saveEvents()
        #expect(await coordinator.events.unwritten.isEmpty)
        #expect(try await coordinator.eventList(EventQuery()).events.map(\.detail) == ["kept"])
    }

    @Test func theStreamFollowsAndEndsWithTheCoordinator() async throws {
        let directory = try TestDirectory()
        var settings = TestSettings()
        settings.keepalive = .milliseconds(50)
        let lines = SeenLines()
        let follower = try await withCoordinator(directory, settings) { client in
            let token = try await client.issueToken()
            _ = try await client.register("a", key: 1, bearer: token.secret)
            let admin = client.admin
            let follower = Task {
                try await admin.follow(AdminPath.eventStream + "?since=0", as: EventLine.self) { lines.append($0) }
            }
            try await within { try await lines.wait { $0.contains { $0.event?.name.text == "a" } } }
            _ = try await client.register("b", key: 2, bearer: token.secret)
            try await within { try await lines.wait { $0.last == .keepalive(latest: 2) } }
            return follower
        }
        let error = await #expect(throws: CodedError.self) { try await follower.value }
        #expect(error?.code == "control-unreachable")
        let numbers = lines.all.compactMap { $0.event?.number }
        #expect(numbers == [1, 2], "each once, in order")
    }
}

/// The lines of a stream as they come.
private final class SeenLines: Sendable {
    private let lines = Mutex<[EventLine]>([])

    var all: [EventLine] { lines.withLock { $0 } }

    func append(_ line: EventLine) { lines.withLock { $0.append(line) } }

    func wait(_ condition: @Sendable ([EventLine]) -> Bool) async throws {
        while !condition(all) { try await Task.sleep(for: .milliseconds(5)) }
    }
}

extension EventLine {
    fileprivate var event: MembershipEvent? {
        if case .event(let event) = self { event } else { nil }
    }
}
