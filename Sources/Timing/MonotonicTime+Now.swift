import Basics

extension MonotonicTime {
    /// The time now: `CLOCK_BOOTTIME` by way of `ContinuousClock`, counted from the first use in this process.
    public static var now: MonotonicTime {
        // The origin first: it is set on first use, and no time lies before it.
        let start = origin
        return MonotonicTime(nanoseconds: (ContinuousClock.now - start).wholeNanoseconds)
    }

    private static let origin = ContinuousClock.now
}
