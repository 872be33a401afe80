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
