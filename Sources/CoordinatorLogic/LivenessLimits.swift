import Basics

/// How often a machine reports, and how much silence means what.
public struct LivenessLimits: Sendable, Hashable {
    /// Time between two heartbeats of one machine, shorter than `suspectAfter`.
    public let heartbeatInterval: Duration
    /// Silence until a machine is suspect.
    public let suspectAfter: Duration
    /// Silence until a machine is unresponsive, longer than `suspectAfter`.
    public let unresponsiveAfter: Duration

    /// - Parameter heartbeatInterval: a third of `suspectAfter` if nothing is said.
    /// - Throws: `CodedError` with code `bad-limits` unless 0 < heartbeatInterval < suspectAfter < unresponsiveAfter.
    public init(
        heartbeatInterval: Duration? = nil, suspectAfter: Duration, unresponsiveAfter: Duration
    ) throws(CodedError) {
        let interval = heartbeatInterval ?? suspectAfter / 3
        guard suspectAfter > .zero, suspectAfter < unresponsiveAfter else {
            throw CodedError(
                "bad-limits",
                "a machine must be suspect before it is unresponsive: found suspect after \(DurationText.format(suspectAfter)), unresponsive after \(DurationText.format(unresponsiveAfter))"
            )
        }
        guard interval > .zero, interval < suspectAfter else {
            throw CodedError(
                "bad-limits",
                "a machine must report before it is suspect: found an interval of \(DurationText.format(interval)), suspect after \(DurationText.format(suspectAfter))"
            )
        }
        self.init(interval, suspectAfter, unresponsiveAfter)
    }

    private init(_ heartbeatInterval: Duration, _ suspectAfter: Duration, _ unresponsiveAfter: Duration) {
        self.heartbeatInterval = heartbeatInterval
        self.suspectAfter = suspectAfter
        self.unresponsiveAfter = unresponsiveAfter
    }

    /// How long after the end of its stream a machine that sends no heartbeat either is suspect.
    var brokenAfter: Duration { heartbeatInterval * 3 / 2 }

    /// All of them longer by one factor.
    ///
    /// - Parameter quarters: the factor in quarters, at least 4.
    func scaled(quarters: Int) -> LivenessLimits {
        guard quarters != HeartbeatPace.unscaled else { return self }
        return LivenessLimits(
            heartbeatInterval * quarters / 4, suspectAfter * quarters / 4, unresponsiveAfter * quarters / 4)
    }
}
