import Basics

/// When the next heartbeat is due: at a steady interval, at once when there is news, and never several in a row to make up for missed ones.
public struct HeartbeatSchedule: Sendable, Hashable {
    /// From one heartbeat to the next.
    public private(set) var interval: Duration
    /// The least time between two heartbeats, news or not.
    public static let spacing = Duration.milliseconds(100)
    /// The shortest and the longest interval that a coordinator can ask for.
    public static let allowedInterval = Duration.milliseconds(100) ... .seconds(300)

    private var last: MonotonicTime?
    private var hasNews = true

    /// The first heartbeat is due at once.
    public init(interval: Duration) {
        self.interval = Self.clamp(interval)
    }

    /// Takes what the coordinator asks for, within `allowedInterval`.
    public mutating func setInterval(_ wanted: Duration) { interval = Self.clamp(wanted) }

    /// There is something that the coordinator should hear soon.
    public mutating func noteNews() { hasNews = true }

    /// To be called when a heartbeat is sent, whatever becomes of it.
    public mutating func noteSent(now: MonotonicTime) {
        last = now
        hasNews = false
    }

    /// When the next one is due; an instant in the past means now.
    public var due: MonotonicTime {
        guard let last else { return .zero }
        return last + (hasNews ? Self.spacing : interval)
    }

    /// How long to wait for an answer: longer than an interval so that a slow answer is not taken for none, and bounded so that a dead
    /// connection is given up soon.
    public var timeout: Duration { min(max(interval * 2, .seconds(1)), .seconds(5)) }

    private static func clamp(_ wanted: Duration) -> Duration {
        min(max(wanted, allowedInterval.lowerBound), allowedInterval.upperBound)
    }
}
