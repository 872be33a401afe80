import Basics

/// A message that stands in a line.
public struct LineEntry: Hashable, Sendable {
    /// Its place in the outbox, and so in the line.
    public let sequence: Int64
    public let id: MessageID
    /// Bytes of its text.
    public let size: Int
    /// The bound that its sender asked for, for error messages.
    public let timeout: Duration
    /// Until when somebody waits for an outcome: a direct send has failed then, of a queued one `queued` is told. Nil: nobody waits.
    public var bound: MonotonicTime?
    /// Until when to keep trying; nil for a direct send.
    public let expiry: MonotonicTime?
    /// Whether it was ever handed to a connection, so that the receiver may have it.
    public var wasSent = false

    /// Whether it stays in the line when an attempt fails.
    public var isQueued: Bool { expiry != nil }

    /// A send that begins now.
    ///
    /// - Parameter keepFor: how long to keep trying; nil for a direct send.
    public init(sequence: Int64, id: MessageID, size: Int, timeout: Duration, keepFor: Duration?, at now: MonotonicTime) {
        self.sequence = sequence
        self.id = id
        self.size = size
        self.timeout = timeout
        bound = now + timeout - Self.reserve(of: timeout)
        expiry = keepFor.map { now + $0 }
    }

    /// A queued message that was in the outbox when the messenger started: nobody waits for it.
    ///
    /// - Parameter keepFor: how long it is still to be tried; negative when that is over.
    public init(restored sequence: Int64, id: MessageID, size: Int, keepFor: Duration, at now: MonotonicTime) {
        self.sequence = sequence
        self.id = id
        self.size = size
        timeout = .zero
        bound = nil
        expiry = now + keepFor
    }

    /// What is kept of the bound for telling the outcome: a tenth, at most 50 ms.
    static func reserve(of timeout: Duration) -> Duration { min(timeout / 10, longestReserve) }
    static let longestReserve = Duration.milliseconds(50)
}

/// The bounds of a line.
public struct LineLimits: Hashable, Sendable {
    /// The most messages that stand in one line.
    public var entries = 10_000
    /// The most bytes of text that stand in one line.
    public var bytes = 64 << 20
    /// The most messages that are sent and not yet acknowledged.
    public var window = 64
    /// The most bytes of text that are sent and not yet acknowledged; one message may go over it.
    public var windowBytes = 256 << 10
    /// How long an acknowledgement may take until the connection is given up.
    public var acknowledgement: Duration = .seconds(5)
    /// A connection on which a direct send ran out of time is given up if its message was out for so long.
    public var stall: Duration = .milliseconds(500)
    /// How long a connection is kept that nobody needs.
    public var idle: Duration = .seconds(60)
    /// Pauses between attempts.
    public var backoff = Backoff(first: firstPause, cap: longestPause)

    static let firstPause = Duration.milliseconds(250)
    static let longestPause = Duration.seconds(3)

    public init() {}
}
