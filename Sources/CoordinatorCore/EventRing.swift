/// The latest membership events, oldest first.
struct EventRing: Sendable {
    /// How many are remembered.
    static let capacity = 1_024
    private var events: [MembershipEvent] = []
    private var oldest = 0

    mutating func append(_ event: MembershipEvent) {
        guard events.count == Self.capacity else {
            events.append(event)
            return
        }
        events[oldest] = event
        oldest = (oldest + 1) % Self.capacity
    }

    /// - Parameter limit: how many at the most; the latest are given.
    func latest(_ limit: Int) -> [MembershipEvent] {
        (events[oldest...] + events[..<oldest]).suffix(limit)
    }
}
