import Basics
import ControlProtocol
import FoundationEssentials
import Glibc
import HTTPServing
import HummingbirdCore
import Logging
import MeshModel
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import CoordinatorCore

/// Connections and streams that end in other ways than they should.
@Suite struct StreamEndTests {
    /// The library's own way to notice that a client is gone ended the program here.
    @Test func aStreamWhoseRequestNeverEndsHarmsNobody() async throws {
        var test = TestSettings()
        test.clients.requestTime = .milliseconds(300)
        let log = test.log
        try await withCoordinator(TestDirectory(), test) { client in
            let machine = try await client.register("a", key: 1, bearer: client.issueToken().secret)
            let head = """
                GET /v1/peers/stream HTTP/1.1\r\nHost: c\r\nAuthorization: Bearer \(machine.credential)\r\nContent-Length: 5\r\n\r\n
                """
            let (bytes, _) = try await RawConnection(to: client.url).exchange([Array(head.utf8)])
            #expect(String(decoding: bytes, as: UTF8.self).contains("\"type\":\"snapshot\""))
            try await within {
                while !log.events.contains("stream-closed") { try await Task.sleep(for: .milliseconds(5)) }
            }
            #expect(try await client.send("GET", APIPath.health).status == 200)
        }
    }

    /// As it happens when the server closes at the same moment.
    @Test func aConnectionThatNobodyServesIsClosed() async {
        await #expect(processExitsWith: .success) {
            let http = SafeChannel(base: HTTP1Channel(responder: { _, _, _ in }))
            let logger = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }
            let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .childChannelInitializer { channel in http.setup(channel: channel, logger: logger).map { _ in } }
                .bind(host: "127.0.0.1", port: 0).get()
            let client = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connect(to: #require(server.localAddress)).get()
            try await client.closeFuture.get()
            try await server.close()
        }
    }

    /// With nothing to say but keepalives, which the kernel alone would take for twenty minutes.
    @Test func whoFollowsTheEventsAndTakesNothingIsCutOff() async throws {
        var test = TestSettings()
        test.keepalive = .milliseconds(50)
        let log = test.log
        try await withCoordinator(TestDirectory(), test) { client in
            let reader = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .channelOption(.autoRead, value: false)
                .connect(unixDomainSocketPath: client.socket).get()
            try await reader.writeAndFlush(ByteBuffer(string: "GET \(AdminPath.eventStream) HTTP/1.1\r\nHost: c\r\n\r\n")).get()
            try await within(.seconds(10)) {
                while !log.events.contains("events-reader-stalled") { try await Task.sleep(for: .milliseconds(5)) }
            }
            try await within { try await reader.closeFuture.get() }
        }
    }

    /// One who reads with pauses misses nothing, though little is kept for it.
    @Test func whoFollowsTheEventsSlowlyGetsThemAll() async throws {
        let directory = try TestDirectory()
        let store = try Store(path: DataDirectory.database(in: directory.path))
        let name = try #require(MachineName("a"))
        let text = String(repeating: "x", count: 300)
        try await store.save(
            events: (1...500).map {
                MembershipEvent(
                    number: $0, time: "2026-11-24T00:00:00Z", event: "test", machine: .random(), name: name, detail: text,
                    reason: nil)
            })
        try store.close()
        var test = TestSettings()
        test.keepalive = .milliseconds(500)
        try await withCoordinator(directory, test) { client in
            let numbers = Mutex<[Int]>([])
            let admin = client.admin
            let follower = Task {
                try await admin.follow(AdminPath.eventStream + "?since=0", as: EventLine.self) { line in
                    if case .event(let event) = line { numbers.withLock { $0.append(event.number) } }
                    usleep(1_000)
                }
            }
            try await within { while numbers.withLock({ $0.count }) < 500 { try await Task.sleep(for: .milliseconds(5)) } }
            follower.cancel()
            #expect(numbers.withLock { $0 } == Array(1...500))
        }
    }

    @Test func followersOfTheEventsLeaveRoomForCommands() async throws {
        let directory = try TestDirectory()
        let coordinator = try await coordinator(directory)
        var followers: [EventFollower] = []
        for _ in 0..<Coordinator.followerLimit {
            try await coordinator.checkRoomForFollower()
            followers.append(await coordinator.openEventFollower())
        }
        let error = await #expect(throws: CodedError.self) { try await coordinator.checkRoomForFollower() }
        #expect(error?.code == "busy")
        // One who came in between is sent away at once.
        for await _ in await coordinator.openEventFollower().wakeUps { Issue.record("there was room") }
        await coordinator.closeEventFollower(followers[0])
        try await coordinator.checkRoomForFollower()
    }
}
