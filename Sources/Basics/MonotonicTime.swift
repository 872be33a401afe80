/// An instant on the monotonic clock: nanoseconds since an arbitrary origin of the running process or test.
///
/// State machines take it as an argument, so that a test can hand them any time it likes. It never goes
/// backwards and knows nothing of the wall clock.
public struct MonotonicTime: Hashable, Comparable, Sendable, Codable {
    /// Nanoseconds since the origin.
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// The origin.
    public static let zero = MonotonicTime(nanoseconds: 0)

    /// The time now: `CLOCK_BOOTTIME` by way of `ContinuousClock`, counted from the first use in this process.
    public static var now: MonotonicTime {
        // The origin first: it is set on first use, and no time lies before it.
        let start = origin
        return MonotonicTime(nanoseconds: (ContinuousClock.now - start).wholeNanoseconds)
    }

    private static let origin = ContinuousClock.now

    public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }
    public static func + (left: Self, right: Duration) -> Self { Self(nanoseconds: left.nanoseconds + right.wholeNanoseconds) }
    public static func - (left: Self, right: Duration) -> Self { Self(nanoseconds: left.nanoseconds - right.wholeNanoseconds) }
    public static func - (left: Self, right: Self) -> Duration { .nanoseconds(left.nanoseconds - right.nanoseconds) }
}

extension Duration {
    /// The duration in nanoseconds, rounded towards zero. Exact up to 292 years.
    public var wholeNanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }

    /// The duration in milliseconds, rounded towards zero.
    public var wholeMilliseconds: Int64 { wholeNanoseconds / 1_000_000 }

    /// The duration in seconds with fractions.
    public var inSeconds: Double { Double(wholeNanoseconds) / 1e9 }
}
