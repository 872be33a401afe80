import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypes
import Synchronization

/// HTTP connections that nobody has to serve.
///
/// A connection that is accepted while the server closes may be thrown away before it reaches the one who serves it. The library's type for a
/// connection ends the whole program then ("Deinited NIOAsyncWriter without calling finish()"); this one closes the connection.
public struct SafeChannel<Base: ServerChildChannel>: ServerChildChannel where Base.Value == SafeConnection.Raw {
    private let base: Base

    /// - Parameter base: serves the connections that reach it.
    public init(base: Base) { self.base = base }

    public func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<SafeConnection> {
        base.setup(channel: channel, logger: logger).map { SafeConnection($0) }
    }

    public func handle(value: SafeConnection, logger: Logger) async { await base.handle(value: value.take(), logger: logger) }
}

/// A connection that may be thrown away unserved.
public final class SafeConnection: ServerChildChannelValue {
    public typealias Raw = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    private let raw: Raw
    private let isTaken = Atomic(false)
    public var channel: any Channel { raw.channel }

    init(_ raw: Raw) { self.raw = raw }

    /// For the one who serves it, and closes it.
    func take() -> Raw {
        isTaken.store(true, ordering: .relaxed)
        return raw
    }

    deinit {
        guard !isTaken.load(ordering: .relaxed) else { return }
        // Closing fails where the connection is closed already.
        Task { [raw] in try? await raw.executeThenClose { _, _ in } }
    }
}
