import NIOCore

/// Bounds how long the end of a TLS connection takes.
///
/// NIOSSL says goodbye and waits five seconds for the client to say so too; most clients do not. Nobody shall hold up a shutdown, so the
/// connection is closed beneath TLS soon after. By then everything has been handed to the kernel, or the client does not read.
final class BoundedClosing: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = Never

    /// How long the client may take to say goodbye.
    static let patience = Duration.milliseconds(500)

    /// Stands beneath TLS.
    private let ground = Ground()
    private var isClosing = false

    func handlerAdded(context: ChannelHandlerContext) {
        // Fails on a channel that is closed already, which needs no help.
        try? context.pipeline.syncOperations.addHandler(ground, position: .first)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        context.close(mode: mode, promise: promise)
        guard mode == .all, !isClosing else { return }
        isClosing = true
        let ground = NIOLoopBound(ground, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: TimeAmount(Self.patience)) { ground.value.close() }
    }

    /// Closes the connection without a word.
    private final class Ground: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = ByteBuffer
        private var context: ChannelHandlerContext?

        func handlerAdded(context: ChannelHandlerContext) { self.context = context }

        func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

        func close() { context?.close(mode: .all, promise: nil) }
    }
}
