import Basics

/// When each message of a load is due, and when there are no more.
public struct LoadPace: Hashable, Sendable {
    /// Messages a second; nil: the next one as soon as one has ended.
    public let rate: Double?
    /// How many messages, at the most.
    public let count: Int
    /// For how long messages are begun; nil: as long as it takes.
    public let duration: Duration?
    private var given = 0

    /// The most messages of one load.
    public static let mostMessages = 1_000_000

    public init(rate: Double?, count: Int, duration: Duration?) {
        self.rate = rate
        self.count = min(count, Self.mostMessages)
        self.duration = duration
    }

    /// A message that is to be sent.
    public struct Ticket: Hashable, Sendable {
        /// Which, from 0.
        public let number: Int
        /// When it is due, counted from the start; nil: now.
        public let due: Duration?
    }

    /// The next message; nil when there is none.
    ///
    /// - Parameter elapsed: since the start.
    public mutating func next(after elapsed: Duration) -> Ticket? {
        guard given < count else { return nil }
        let due = rate.map { Duration.seconds(Double(given) / $0) }
        if let duration, max(due ?? .zero, elapsed) >= duration { return nil }
        defer { given += 1 }
        return Ticket(number: given, due: due)
    }
}
