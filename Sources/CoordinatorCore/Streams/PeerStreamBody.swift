import Basics
import ControlProtocol
import Hummingbird
import MeshModel
import NIOCore

/// The body of the answer to `GET /v1/peers/stream`.
struct PeerStreamBody: Sendable {
    let coordinator: Coordinator
    let caller: Caller
    let encoder: StreamLineEncoder
    /// Where the reader says it is.
    let since: PeerMapPosition?
    /// The reader's address, for the log.
    let remote: String
    /// The longest time without a line.
    let keepalive: Duration

    /// Often enough that a timer that is a little late keeps the promise still.
    static let defaultKeepalive = Duration.seconds(StreamLine.keepaliveSeconds) * 0.9

    /// Writes lines until the stream is ended or the client goes away.
    func write(to writer: inout any ResponseBodyWriter, inbound: RequestBody) async throws {
        let stream = await coordinator.openStream(for: caller, since: since, from: remote)
        var lines = 0
        do {
            try await inbound.consumeWithCancellationOnInboundClose { _ in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        while true {
                            try await Task.sleep(for: keepalive)
                            stream.wakeForKeepalive()
                        }
                    }
                    defer { group.cancelAll() }
                    try await writeLines(of: stream, to: &writer, count: &lines)
                    // In here still: once the inbound side is given up, the connection closes.
                    try await writer.finish(nil)
                }
            }
        } catch {
            // Nothing but the client's going away throws here; whoever ended the stream before said so.
            stream.end(.clientGone)
        }
        await coordinator.closeStream(stream, lines: lines)
    }

    private func writeLines(of stream: PeerStream, to writer: inout any ResponseBodyWriter, count: inout Int) async throws {
        var position = since
        for await _ in stream.wakeUps {
            let keepalive = stream.takeKeepalive()
            guard stream.ending == nil else { break }
            for line in stream.takePosted() {
                try await writer.write(try encoder.line(posted: line))
                coordinator.metrics.wroteLine(line.type)
                count += 1
            }
            guard let update = await coordinator.nextUpdate(for: stream, since: position, keepalive: keepalive) else { continue }
            try await writer.write(try encoder.line(update))
            coordinator.metrics.wroteLine(StreamLine.update(update).type)
            position = update.position
            count += 1
        }
        try Task.checkCancellation()
    }
}
