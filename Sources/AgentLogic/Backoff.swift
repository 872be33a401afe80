import Basics

/// How long to wait before the next attempt: doubling from a floor to a ceiling, with jitter, without end.
public struct Backoff: Sendable, Hashable {
    /// The longest first wait.
    public let floor: Duration
    /// The longest wait of all.
    public let ceiling: Duration
    private var limit: Duration

    /// - Parameters:
    ///   - floor: above zero.
    ///   - ceiling: at least the floor.
    public init(floor: Duration, ceiling: Duration) {
        self.floor = floor
        self.ceiling = max(floor, ceiling)
        limit = floor
    }

    /// The wait before the next attempt: between half the present limit and all of it; then the limit doubles.
    public mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        let wait = Duration.random(in: limit / 2...limit, using: &generator)
        limit = min(limit * 2, ceiling)
        return wait
    }

    /// To be called after a success: the next wait is a short one again.
    public mutating func reset() { limit = floor }
}
