import Basics
import FoundationEssentials
import Timing

/// The two clocks that the coordinator reads. Tests bring their own.
struct CoordinatorClock: Sendable {
    /// For everything that is decided by how long something took.
    var monotonic: @Sendable () -> MonotonicTime
    /// Seconds since 1970, for the expiry of join tokens and for people.
    var wall: @Sendable () -> Int64

    static let system = CoordinatorClock(
        monotonic: { MonotonicTime.now }, wall: { Int64(Date().timeIntervalSince1970) })

    /// A wall-clock time as text: RFC 3339 in UTC with whole seconds.
    static func text(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }
}
