import Basics

/// How fast a fleet of some size reports: the limits that were set, stretched so that the heartbeats of all machines together stay
/// below a ceiling.
///
/// The factor goes in steps of at most a quarter (1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 5, …) and comes down only with a tenth to spare, so
/// that it does not change with every join. A fleet that the ceiling has room for is untouched.
public struct HeartbeatPace: Sendable, Hashable {
    /// What was set.
    public let base: LivenessLimits
    /// The most heartbeats per second of all machines together.
    public let ceiling: Int
    /// The present factor in quarters, at least `unscaled`.
    private(set) var quarters = Self.unscaled

    /// Heartbeats per second, if nothing is said.
    public static let defaultCeiling = 1_000
    /// The factor 1.
    static let unscaled = 4
    /// No interval is stretched beyond the longest that an agent takes: above it the ceiling does not hold.
    static let longestInterval = Duration.seconds(300)
    /// No silence is stretched beyond a day.
    private static let longestSilence = Duration.seconds(86_400)
    private static let spare = 1.1

    /// - Parameter ceiling: at least 1; less counts as 1.
    public init(base: LivenessLimits, ceiling: Int = HeartbeatPace.defaultCeiling) {
        self.base = base
        self.ceiling = max(1, ceiling)
    }

    /// The limits that hold now.
    public var limits: LivenessLimits { limits(quarters: quarters) }

    /// Takes notice of the size of the fleet.
    mutating func setMachines(_ machines: Int) {
        let need = Double(4 * machines) / (Double(ceiling) * base.heartbeatInterval.inSeconds)
        if need > Double(quarters) {
            quarters = step(atLeast: need)
        } else if quarters > Self.unscaled {
            quarters = min(quarters, step(atLeast: need * Self.spare))
        }
    }

    func limits(quarters: Int) -> LivenessLimits { base.scaled(quarters: quarters) }

    /// The lowest step that is enough: 4, 5, 6 or 7 quarters, times a power of two; or the highest that there may be.
    private func step(atLeast need: Double) -> Int {
        let whole = Int(min(need, 1e9).rounded(.up))
        guard whole > Self.unscaled else { return Self.unscaled }
        var unit = 1
        while whole > 8 * unit { unit *= 2 }
        return min((whole + unit - 1) / unit * unit, highest)
    }

    private var highest: Int {
        let stretch = min(
            Self.longestInterval.inSeconds / base.heartbeatInterval.inSeconds,
            Self.longestSilence.inSeconds / base.unresponsiveAfter.inSeconds)
        return max(Self.unscaled, Int(4 * stretch))
    }
}
