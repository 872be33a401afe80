import Basics

/// How often something may be done: so many times at once, and so many times a second in the long run (a token bucket).
public struct RateBudget: Sendable, Hashable {
    private let perSecond: Double
    private let burst: Double
    private var left: Double
    private var last = MonotonicTime.zero

    /// - Parameters:
    ///   - perSecond: above 0.
    ///   - burst: at least 1.
    public init(perSecond: Double, burst: Double) {
        self.perSecond = perSecond
        self.burst = burst
        left = burst
    }

    /// Whether it may be done now. A yes counts as done.
    public mutating func take(now: MonotonicTime) -> Bool {
        left = min(burst, left + max(0, (now - last).inSeconds) * perSecond)
        last = max(last, now)
        guard left >= 1 else { return false }
        left -= 1
        return true
    }
}
