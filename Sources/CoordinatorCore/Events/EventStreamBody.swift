import Basics
import FoundationEssentials
import Hummingbird
import NIOCore
import Observability
import Synchronization
import Timing

/// The body of the answer to `GET /v1/events/stream`: every event after a number, then more as they happen.
struct EventStreamBody: Sendable {
    let coordinator: Coordinator
    let query: EventQuery
    /// The longest time without a line.
    let keepalive: Duration
    let channel: any Channel

    /// How many keepalives long a line may wait for a reader who takes nothing.
    static let patience = 3.0
    /// How many events are read from the disk at once: what a slow reader costs.
    static let pageSize = 256

    /// Writes lines until the coordinator stops or the client goes away.
    func write(to writer: inout any ResponseBodyWriter) async throws {
        let follower = await coordinator.openEventFollower()
        channel.endsWithClient { follower.end() }
        let waiting = Waiting()
        do {
            try await SilentReader.keepLittle(for: channel)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    while true {
                        try await Task.sleep(for: keepalive)
                        follower.wake()
                        if waiting.lasts(keepalive * Self.patience) { await giveUp() }
                    }
                }
                defer { group.cancelAll() }
                try await writeLines(of: follower, to: &writer, waiting)
                try await writer.finish(nil)
            }
        } catch {
            // The client went away, or the log cannot be read: the connection breaks off, and the reader knows.
            follower.end()
            channel.close(promise: nil)
        }
        await coordinator.closeEventFollower(follower)
    }

    /// Breaks the connection off: the line that waits fails then.
    private func giveUp() async {
        await coordinator.noteStalledFollower()
        channel.close(promise: nil)
    }

    private func writeLines(
        of follower: EventFollower, to writer: inout any ResponseBodyWriter, _ waiting: Waiting
    ) async throws {
        func write(_ content: EventLine) async throws {
            waiting.begin()
            try await writer.write(line(content))
            waiting.end()
        }
        var position = if let since = query.since { since } else { await coordinator.latestEvent }
        try await write(.keepalive(latest: position))
        follower.wake()
        for await _ in follower.wakeUps {
            var sent = 0
            while true {
                var page = query
                page.since = position
                page.limit = Self.pageSize
                let list = try await coordinator.eventList(page)
                for event in list.events { try await write(.event(event)) }
                sent += list.events.count
                let isLast = list.events.count < Self.pageSize
                let last = list.events.last?.number ?? position
                position = isLast ? max(last, list.latest) : last
                if isLast { break }
            }
            if sent == 0 { try await write(.keepalive(latest: position)) }
        }
        try Task.checkCancellation()
    }

    private func line(_ line: EventLine) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return ByteBuffer(bytes: try encoder.encode(line) + [UInt8(ascii: "\n")])
    }
}

/// Since when a line waits until the reader takes it.
private final class Waiting: Sendable {
    private let since = Mutex<MonotonicTime?>(nil)

    func begin() { since.withLock { $0 = .now } }

    func end() { since.withLock { $0 = nil } }

    func lasts(_ time: Duration) -> Bool { since.withLock { $0.map { MonotonicTime.now - $0 >= time } ?? false } }
}
