import MessengerLogic
import NIOCore

/// A TCP connection that carries frames. One frame is read at a time, when it is asked for: the socket's buffer does the rest.
struct FrameConnection: Sendable {
    let channel: any Channel
    private let handler: NIOLoopBound<FrameHandler>

    /// Puts the handlers in place. On the channel's event loop, before the channel is active; the channel must not read by itself.
    static func attach(to channel: any Channel) throws -> FrameConnection {
        let handler = FrameHandler()
        try channel.pipeline.syncOperations.addHandler(handler)
        return FrameConnection(channel: channel, handler: NIOLoopBound(handler, eventLoop: channel.eventLoop))
    }

    /// The next frame.
    ///
    /// - Parameters:
    ///   - limit: how long it may take.
    ///   - idle: how long it may take to begin, where that is another matter; the limit counts from there.
    /// - Throws: `FrameError` for a stream that cannot be read, `ConnectionEnd`, or the system's error.
    func receive(within limit: Duration, idle: Duration? = nil) async throws -> Frame {
        try await closingWhenCancelled {
            try await channel.eventLoop.flatSubmit { handler.value.receive(within: limit, idle: idle, on: channel.eventLoop) }
                .get()
        }
    }

    /// Sends a frame; returns when the system has taken it. A peer that does not read for so long is cut off.
    func send(_ frame: Frame, within limit: Duration) async throws {
        let bytes = ByteBuffer(bytes: try frame.raw().encoded)
        let channel = channel
        try await closingWhenCancelled {
            let cut = channel.eventLoop.scheduleTask(in: .nanoseconds(limit.wholeNanoseconds)) { channel.close(promise: nil) }
            defer { cut.cancel() }
            try await channel.writeAndFlush(bytes)
        }
    }

    func close() { channel.close(promise: nil) }

    private func closingWhenCancelled<Value: Sendable>(_ work: () async throws -> Value) async throws -> Value {
        try await withTaskCancellationHandler(operation: work) { channel.close(promise: nil) }
    }
}

/// How a connection ends without anything being wrong with its frames.
enum ConnectionEnd: Error, Hashable, CustomStringConvertible {
    /// The peer closed it, between two frames.
    case closed
    /// No frame began in time.
    case idle
    /// A frame began and did not end in time.
    case slow

    var description: String {
        switch self {
        case .closed: "the connection was closed"
        case .idle: "nothing came in time"
        case .slow: "a frame was not complete in time"
        }
    }
}
