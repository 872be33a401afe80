import Basics

/// Time as far as this process was there to see it.
///
/// A process that was suspended, or a machine that slept, hears nothing in the meantime: that silence is its own and no
/// evidence against anybody. So one step of this clock is at most `longestStep`, however much time passed between two looks at it.
struct AwakeClock: Sendable {
    /// The most that one step adds.
    let longestStep: Duration
    private var lastSeen: MonotonicTime?
    private(set) var awake = MonotonicTime.zero

    init(longestStep: Duration) {
        self.longestStep = longestStep
    }

    /// Takes notice of the present. A time before the last one seen counts as that one.
    mutating func advance(to now: MonotonicTime) {
        guard let last = lastSeen else {
            lastSeen = now
            awake = now
            return
        }
        guard now > last else { return }
        awake = awake + min(now - last, longestStep)
        lastSeen = now
    }
}
