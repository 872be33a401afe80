import Basics

extension Duration {
    /// A duration drawn evenly from the range, in whole nanoseconds.
    static func random(in range: ClosedRange<Duration>, using generator: inout some RandomNumberGenerator) -> Duration {
        .nanoseconds(
            Int64.random(in: range.lowerBound.wholeNanoseconds...range.upperBound.wholeNanoseconds, using: &generator))
    }
}
