import Basics
import ControlProtocol
import Hummingbird
import MeshModel
import NIOCore

/// The body of the answer to `GET /v1/peers/stream`.
struct PeerStreamBody: Sendable {
    let coordinator: Coordinator
    let caller: Caller
    /// Where the reader says it is.
    let since: PeerMapPosition?
    /// What the reader says it has.
    let content: PeerMapDigest?
    /// The reader's address, for the log.
    let remote: String
    let channel: any Channel

    /// The longest time without a line: so often that a look that is a little late keeps the promise still.
    static let defaultKeepalive = Duration.seconds(StreamLine.keepaliveSeconds) * 0.9

    /// Writes lines until the stream is ended or the client goes away.
    func write(to writer: inout any ResponseBodyWriter) async throws {
        let stream = await coordinator.openStream(for: caller, since: since, from: remote)
        channel.endsWithClient { stream.end(.clientGone) }
        var lines = 0
        do {
            try await writeLines(of: stream, to: &writer, count: &lines)
            if let farewell = stream.farewell { try await writer.write(try PeerLines.line(posted: farewell)) }
            try await writer.finish(nil)
        } catch {
            // Nothing but the client's going away throws here; whoever ended the stream before said so.
            stream.end(.clientGone)
            channel.close(promise: nil)
        }
        await coordinator.closeStream(stream, lines: lines)
    }

    /// The most that is handed over at once. TLS keeps room for the largest write that a connection ever had (`ByteBufferBIO` of swift-nio-ssl),
    /// so that a snapshot of thousands of machines in one piece would cost its whole size, for as long as the stream is open.
    private static let pieceLimit = 32 << 10

    private static func write(_ parts: [ByteBuffer], to writer: inout any ResponseBodyWriter) async throws {
        guard parts.reduce(0, { $0 + $1.readableBytes }) > pieceLimit else { return try await writer.write(contentsOf: parts) }
        for var part in parts {
            while let piece = part.readSlice(length: min(pieceLimit, part.readableBytes)), piece.readableBytes > 0 {
                try await writer.write(piece)
            }
        }
    }

    private func writeLines(of stream: PeerStream, to writer: inout any ResponseBodyWriter, count: inout Int) async throws {
        var position = since
        // Good for the first line only: after it the position says everything.
        var content = content
        for await _ in stream.wakeUps {
            guard let duties = stream.take() else { break }
            for line in duties.posted {
                try await writer.write(try PeerLines.line(posted: line))
                coordinator.metrics.wroteLine(line.type)
                count += 1
            }
            var keepalive = duties.keepalive
            while let turn = coordinator.hub.next(
                for: stream.machine, since: position, content: content, keepalive: keepalive)
            {
                try await Self.write(turn.parts, to: &writer)
                stream.noteLine()
                coordinator.metrics.wroteLine(turn.type)
                count += 1
                // A snapshot may be a few changes old: what is missing comes next.
                (position, content, keepalive) = (turn.position, nil, false)
                guard stream.ending == nil else { break }
            }
        }
        try Task.checkCancellation()
    }
}
