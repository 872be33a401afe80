import Basics

/// How much silence means what.
public struct LivenessLimits: Sendable, Hashable {
    /// Silence until a machine is suspect.
    public let suspectAfter: Duration
    /// Silence until a machine is unresponsive, longer than `suspectAfter`.
    public let unresponsiveAfter: Duration

    /// - Throws: `CodedError` with code `bad-limits` unless 0 < suspectAfter < unresponsiveAfter.
    public init(suspectAfter: Duration, unresponsiveAfter: Duration) throws(CodedError) {
        guard suspectAfter > .zero, suspectAfter < unresponsiveAfter else {
            throw CodedError(
                "bad-limits",
                "a machine must be suspect before it is unresponsive: found suspect after \(DurationText.format(suspectAfter)), unresponsive after \(DurationText.format(unresponsiveAfter))"
            )
        }
        self.suspectAfter = suspectAfter
        self.unresponsiveAfter = unresponsiveAfter
    }
}
