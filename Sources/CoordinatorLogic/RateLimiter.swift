import Basics

/// Token buckets, one for each key, in a table that never grows beyond its bound.
///
/// A bucket is kept as the instant at which it would be full again (the generic cell rate algorithm, ITU-T I.371): one number, and nothing
/// to do while time passes. A bucket that is full is forgotten. Keys that find no room share one bucket.
public struct RateLimiter<Key: Hashable & Sendable>: Sendable {
    /// The time that one request is worth.
    private let interval: Duration
    /// The time in which an empty bucket fills.
    private let span: Duration
    private let capacity: Int
    private var fullAt: [Key: MonotonicTime] = [:]
    private var sharedFullAt: MonotonicTime?
    private var nextSweep: MonotonicTime?

    /// - Parameters:
    ///   - rate: requests a second in the long run, at least 1.
    ///   - burst: requests at once after a rest, at least 1.
    ///   - capacity: the most keys that are remembered, at least 1.
    public init(rate: Int, burst: Int, capacity: Int) {
        interval = .nanoseconds(1_000_000_000 / Int64(max(1, rate)))
        span = interval * max(1, burst)
        self.capacity = max(1, capacity)
    }

    /// How many keys are remembered.
    public var count: Int { fullAt.count }

    /// Whether the key may make one more request, which is not counted.
    public func allows(_ key: Key, at now: MonotonicTime) -> Bool {
        let full = fullAt[key] ?? (fullAt.count < capacity ? nil : sharedFullAt)
        return isRoom(max(full ?? now, now), now)
    }

    /// Counts a request of the key.
    ///
    /// - Returns: whether it is within the rate; if not, it is not counted.
    public mutating func take(_ key: Key, at now: MonotonicTime) -> Bool {
        if fullAt[key] == nil && fullAt.count >= capacity { sweep(at: now) }
        let isShared = fullAt[key] == nil && fullAt.count >= capacity
        let full = max((isShared ? sharedFullAt : fullAt[key]) ?? now, now)
        guard isRoom(full, now) else { return false }
        if isShared { sharedFullAt = full + interval } else { fullAt[key] = full + interval }
        return true
    }

    private func isRoom(_ full: MonotonicTime, _ now: MonotonicTime) -> Bool { full + interval - now <= span }

    /// Forgets full buckets. Seldom enough that it costs little for each request, however many keys there are.
    private mutating func sweep(at now: MonotonicTime) {
        if let nextSweep, now < nextSweep { return }
        fullAt = fullAt.filter { $0.value > now }
        nextSweep = now + span / 2
    }
}
