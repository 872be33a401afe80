import Basics
import ControlProtocol
import Glibc
import NIOCore
import NIOHTTP1
import Synchronization
import Timing

/// A simulated machine's peer map stream: counts what comes, and notes when a change that was marked arrives.
final class StreamConnection: ChannelInboundHandler, Sendable {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private struct State {
        var status: UInt = 0
        /// The line so far, unless it is too long to be looked into.
        var pending: [UInt8] = []
        var length = 0
        var hadLine = false
    }
    private let state = Mutex(State())
    private let server: Server
    private let request: OutgoingRequest
    private let measurements: Measurements
    /// Fulfilled by the first line.
    private let first: EventLoopPromise<Void>

    /// Longer lines are counted and not looked into.
    private static let lookLimit = 256 << 10

    private init(_ server: Server, credential: String, _ measurements: Measurements, _ loop: any EventLoop) {
        self.server = server
        request = OutgoingRequest(method: .GET, path: APIPath.peerStream, bearer: credential)
        self.measurements = measurements
        first = loop.makePromise(of: Void.self)
    }

    /// Opens the stream and waits for its first line.
    static func open(_ server: Server, credential: String, _ measurements: Measurements, _ loop: any EventLoop) async throws {
        let stream = StreamConnection(server, credential: credential, measurements, loop)
        let channel: any Channel
        do {
            channel = try await server.connect(loop, stream).get()
        } catch {
            stream.first.fail(error)
            throw error
        }
        channel.write(HTTPClientRequestPart.head(stream.request.head(for: server)), promise: nil)
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        try await stream.first.futureResult.get()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): state.withLock { $0.status = head.status.code }
        case .body(let bytes): take(bytes)
        case .end: break
        }
    }

    private func take(_ bytes: ByteBuffer) {
        let now = MonotonicTime.now
        bytes.withUnsafeReadableBytes { bytes in
            var rest = bytes[...]
            while let end = rest.firstByte(10) {
                finishLine(with: rest[rest.startIndex...end], at: now)
                rest = rest[(end + 1)...]
            }
            state.withLock { state in
                state.length += rest.count
                if state.length <= Self.lookLimit { state.pending += rest } else { state.pending = [] }
            }
        }
    }

    private func finishLine(with end: Slice<UnsafeRawBufferPointer>, at now: MonotonicTime) {
        let (length, line, isFirst) = state.withLock { state -> (Int, [UInt8]?, Bool) in
            defer { (state.pending, state.length, state.hadLine) = ([], 0, true) }
            let length = state.length + end.count
            return (length, length <= Self.lookLimit && state.length > 0 ? state.pending + end : nil, !state.hadLine)
        }
        if let line {
            line.withUnsafeBytes { measurements.note($0, at: now) }
        } else if length == end.count {
            measurements.note(UnsafeRawBufferPointer(rebasing: end), at: now)
        }
        measurements.noteLine(length, isFirst: isFirst)
        if isFirst { first.succeed(()) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        first.fail(CodedError("stream-ended", "a stream ended with status \(state.withLock { $0.status })"))
        measurements.noteStreamEnd()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

extension Slice<UnsafeRawBufferPointer> {
    /// Where this byte is first.
    fileprivate func firstByte(_ byte: UInt8) -> Int? {
        let bytes = UnsafeRawBufferPointer(rebasing: self)
        guard let start = bytes.baseAddress, let found = memchr(start, CInt(byte), bytes.count) else { return nil }
        return startIndex + (UnsafeRawPointer(found) - start)
    }
}
