import Basics
import FoundationEssentials
import Hummingbird
import NIOCore
import Observability

/// The body of the answer to `GET /v1/events/stream`: every event after a number, then more as they happen.
struct EventStreamBody: Sendable {
    let coordinator: Coordinator
    let query: EventQuery
    /// The longest time without a line.
    let keepalive: Duration

    /// How many events are read from the disk at once: what a slow reader costs.
    static let pageSize = 256

    /// Writes lines until the coordinator stops or the client goes away.
    func write(to writer: inout any ResponseBodyWriter, inbound: RequestBody) async throws {
        let follower = await coordinator.openEventFollower()
        do {
            try await inbound.consumeWithCancellationOnInboundClose { _ in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        while true {
                            try await Task.sleep(for: keepalive)
                            follower.wake()
                        }
                    }
                    defer { group.cancelAll() }
                    try await writeLines(of: follower, to: &writer)
                    // In here still: once the inbound side is given up, the connection closes.
                    try await writer.finish(nil)
                }
            }
        } catch {
            // The client went away, or the log cannot be read: the connection breaks off, and the reader knows.
            follower.end()
        }
        await coordinator.closeEventFollower(follower)
    }

    private func writeLines(of follower: EventFollower, to writer: inout any ResponseBodyWriter) async throws {
        var position = if let since = query.since { since } else { await coordinator.latestEvent }
        try await writer.write(line(.keepalive(latest: position)))
        follower.wake()
        for await _ in follower.wakeUps {
            var sent = 0
            while true {
                var page = query
                page.since = position
                page.limit = Self.pageSize
                let list = try await coordinator.eventList(page)
                for event in list.events { try await writer.write(line(.event(event))) }
                sent += list.events.count
                let isLast = list.events.count < Self.pageSize
                let last = list.events.last?.number ?? position
                position = isLast ? max(last, list.latest) : last
                if isLast { break }
            }
            if sent == 0 { try await writer.write(line(.keepalive(latest: position))) }
        }
        try Task.checkCancellation()
    }

    private func line(_ line: EventLine) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return ByteBuffer(bytes: try encoder.encode(line) + [UInt8(ascii: "\n")])
    }
}
