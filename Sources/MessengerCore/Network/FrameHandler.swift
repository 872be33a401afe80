import Basics
import MessengerLogic
import NIOCore

/// Turns the bytes of a channel into frames, one for each call of `receive`. Confined to the channel's event loop.
final class FrameHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// The most bytes that are held undecoded. The peer speaks in turn, so that more than a frame and a read's worth is abuse.
    static let unreadLimit = 256 << 10

    private var decoder = FrameDecoder()
    private var unread = ByteBuffer()
    private var waiter: EventLoopPromise<Frame>?
    private var deadline: Scheduled<Void>?
    /// How long a frame may take once it has begun, while none has.
    private var frameLimit: Duration?
    private var context: ChannelHandlerContext?
    /// Why nothing more will come.
    private var end: (any Error)?

    /// - Parameters:
    ///   - limit: how long a frame may take.
    ///   - idle: how long it may take to begin, where that is another matter; the limit counts from there.
    func receive(within limit: Duration, idle: Duration? = nil, on loop: any EventLoop) -> EventLoopFuture<Frame> {
        let promise = loop.makePromise(of: Frame.self)
        guard waiter == nil else {
            promise.fail(CodedError("frame-busy", "two readers of one connection"))
            return promise.futureResult
        }
        waiter = promise
        advance()
        if waiter != nil {
            frameLimit = idle == nil ? nil : limit
            setDeadline(idle ?? limit, loop)
            timeFrame()
            context?.read()
        }
        return promise.futureResult
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        stop(ConnectionEnd.closed)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        guard end == nil else { return }
        unread.discardReadBytes()
        unread.writeBuffer(&bytes)
        if unread.readableBytes > Self.unreadLimit {
            unread.clear()
            stop(FrameError.flood)
            context.close(promise: nil)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        advance()
        if waiter != nil {
            timeFrame()
            context.read()
        }
    }

    private func setDeadline(_ limit: Duration, _ loop: any EventLoop) {
        deadline?.cancel()
        let handler = NIOLoopBound(self, eventLoop: loop)
        deadline = loop.scheduleTask(in: .nanoseconds(limit.wholeNanoseconds)) { handler.value.expire() }
    }

    /// A frame that has begun has its own time.
    private func timeFrame() {
        guard let limit = frameLimit, decoder.buffered > 0, let loop = context?.eventLoop else { return }
        frameLimit = nil
        setDeadline(limit, loop)
    }

    func channelInactive(context: ChannelHandlerContext) {
        stop(ConnectionEnd.closed)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        stop(error)
        context.close(promise: nil)
    }

    /// Gives the waiter a frame if one is complete, or the reason why none will be.
    private func advance() {
        guard waiter != nil else { return }
        var bytes = unread.readableBytesView
        do throws(FrameError) {
            let raw = try decoder.next(&bytes)
            unread.moveReaderIndex(forwardBy: unread.readableBytes - bytes.count)
            if let raw {
                answer(.success(try Frame(raw)))
            } else if let end {
                answer(.failure(end is ConnectionEnd && decoder.buffered > 0 ? FrameError.truncated : end))
            }
        } catch {
            answer(.failure(error))
        }
    }

    private func expire() {
        answer(.failure(decoder.buffered > 0 ? ConnectionEnd.slow : ConnectionEnd.idle))
    }

    private func stop(_ reason: any Error) {
        if end == nil { end = reason }
        advance()
    }

    private func answer(_ result: Result<Frame, any Error>) {
        deadline?.cancel()
        deadline = nil
        let promise = waiter
        waiter = nil
        promise?.completeWith(result)
    }
}
