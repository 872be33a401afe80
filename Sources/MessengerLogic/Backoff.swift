/// Growing pauses between attempts: each is `factor` times the one before, up to a cap, less up to a quarter at random.
///
/// It never gives up. The random part keeps many machines from trying in step.
public struct Backoff: Hashable, Sendable {
    public let first: Duration
    public let cap: Duration
    public let factor: Double
    private var upcoming: Duration

    /// - Parameters:
    ///   - first: the first pause.
    ///   - cap: the longest pause.
    ///   - factor: growth from one pause to the next, at least 1.
    public init(first: Duration, cap: Duration, factor: Double = 2) {
        self.first = first
        self.cap = cap
        self.factor = factor
        upcoming = first
    }

    /// The next pause.
    ///
    /// - Parameter random: 0..<1, evenly distributed.
    public mutating func next(random: Double) -> Duration {
        let pause = min(upcoming, cap)
        upcoming = min(pause * factor, cap)
        return pause * (1 - random / 4)
    }

    /// Back to the first pause, after a success.
    public mutating func reset() { upcoming = first }
}
