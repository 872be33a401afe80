import NIOCore

/// Says to the guard of a connection that whoever is there has shown a valid credential or join token.
struct Welcome: Sendable {}

/// Says to the guard of a connection that the answer under way is a stream.
struct StreamBegins: Sendable {}

extension Channel {
    /// Calls this when the connection is closed, and closes it when the client says that it has nothing more to say.
    ///
    /// The library has a way of its own to notice that (`consumeWithCancellationOnInboundClose`). It ends the whole program when the
    /// connection ends before the request did, be it that the client breaks off or that the server stops.
    func endsWithClient(_ onEnd: @escaping @Sendable () -> Void) {
        closeFuture.whenComplete { _ in onEnd() }
        pipeline.fireUserInboundEventTriggered(StreamBegins())
    }
}
