import Basics
import ControlProtocol
import FoundationEssentials
import Glibc
import Logging
import MeshModel
import ServiceLifecycle
import Synchronization
import Testing

@testable import CoordinatorCore
import Timing

/// A data directory of its own, removed with everything in it.
final class TestDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/warren-test-XXXXXX".utf8CString)
        path = try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Its files with their contents.
    func files() throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: path) {
            files[name] = FileManager.default.contents(atPath: "\(path)/\(name)").map { Array($0) }
        }
        return files
    }

    /// The permission bits of a file in it.
    func mode(of name: String) -> UInt32 {
        var status = stat()
        return lstat("\(path)/\(name)", &status) == 0 ? status.st_mode & 0o777 : 0
    }
}

/// Everything that was logged, as text.
final class LogRecorder: Sendable {
    private let kept = Mutex<[(event: String, text: String)]>([])
    var events: [String] { kept.withLock { $0.map(\.event) } }
    var text: String { kept.withLock { $0.map(\.text).joined(separator: "\n") } }

    var logger: Logger { Logger(label: "test") { _ in Handler(recorder: self) } }

    private struct Handler: LogHandler {
        let recorder: LogRecorder
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {
            let fields = event.metadata ?? [:]
            let text = "\(event.level) \(event.message) \(fields) \(event.error.map { "\($0)" } ?? "")"
            let name = fields["event"]?.description ?? ""
            if !name.isEmpty {
                let complaint = LogDictionary.coordinator.complaint(name, event.level, fields.keys)
                #expect(complaint == nil, "\(text)")
            }
            recorder.kept.withLock { $0.append((name, text)) }
        }
    }
}

/// Clocks that a test can move: the wall clock, and the monotonic one once it is stopped.
final class TestWall: Sendable {
    private let seconds = Mutex<Int64>(1_800_000_000)
    private let stopped = Mutex<MonotonicTime?>(nil)
    func advance(_ by: Int64) { seconds.withLock { $0 += by } }
    /// From now on the monotonic clock goes on by `advance(monotonic:)` alone, so that nothing depends on the speed of the test.
    func stopMonotonic() { stopped.withLock { $0 = .now } }
    func advance(monotonic by: Duration) { stopped.withLock { $0 = $0.map { $0 + by } } }
    var clock: CoordinatorClock {
        CoordinatorClock(monotonic: { self.stopped.withLock { $0 } ?? .now }, wall: { self.seconds.withLock { $0 } })
    }
}

/// What a test may set.
struct TestSettings {
    var pool = "100.64.0.0/24"
    var heartbeat = Duration.seconds(1)
    var suspect = Duration.seconds(30)
    var unresponsive = Duration.seconds(60)
    var keepalive = Duration.seconds(30)
    var wall = TestWall()
    var log = LogRecorder()
    var listen = "127.0.0.1:0"
    var quarantine = Duration.zero
    /// Most tests are about other things than TLS.
    var transport = TransportChoice.plaintext
    var clients = ConnectionLimits()
}

/// Runs a real coordinator on loopback while the closure runs, and stops it gracefully afterwards.
func withCoordinator<Value: Sendable>(
    _ directory: TestDirectory, _ test: TestSettings = TestSettings(),
    _ body: @Sendable (TestClient) async throws -> Value
) async throws -> Value {
    let (ready, announce) = AsyncStream.makeStream(of: ListenAddress.self)
    var settings = try CoordinatorSettings(
        data: directory.path, listen: #require(ListenAddress(test.listen)), transport: test.transport,
        pool: #require(IPPrefix(test.pool)),
        heartbeatInterval: test.heartbeat, suspectAfter: test.suspect, unresponsiveAfter: test.unresponsive,
        addressQuarantine: test.quarantine)
    settings.clients = test.clients
    let server = CoordinatorServer(
        settings: settings, clock: test.wall.clock, keepalive: test.keepalive, logger: test.log.logger
    ) { address in
        announce.yield(address)
        announce.finish()
    }
    let group = ServiceGroup(services: [server], logger: Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() })
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask {
            defer { announce.finish() }
            try await group.run()
        }
        guard let address = await ready.first(where: { _ in true }) else {
            try await tasks.waitForAll()
            throw CodedError("test", "the coordinator did not start")
        }
        let result: Result<Value, any Error>
        do {
            result = .success(
                try await body(
                    TestClient(
                        url: "\(test.transport.scheme)://\(address)", socket: AdminPath.socket(in: directory.path),
                        pin: test.transport == .ownCertificate ? CertificateFiles.ownPin(in: directory.path) : nil)))
        } catch {
            result = .failure(error)
        }
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
        return try result.get()
    }
}

/// Fails instead of waiting forever.
func within<Value: Sendable>(
    _ limit: Duration = .seconds(15), _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw CodedError("test-timeout", "nothing happened within \(DurationText.format(limit))")
        }
        defer { group.cancelAll() }
        return try #require(try await group.next())
    }
}
