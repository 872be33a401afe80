import Basics

/// Link properties in the whole numbers that a relay counts in.
public struct RelayRules: Sendable, Hashable {
    /// Nanoseconds.
    public var delay: UInt64
    /// Nanoseconds, at most `delay`.
    public var jitter: UInt64
    /// Shares as thresholds: of 2³², 0 never and 2³² always.
    public var loss: UInt64
    public var duplicate: UInt64
    public var reorder: UInt64
    public var corrupt: UInt64
    /// Bits per second; 0: no limit.
    public var rate: UInt64

    public init(_ properties: LinkProperties) {
        func share(_ value: Double) -> UInt64 { UInt64((min(max(value, 0), 1) * 4_294_967_296).rounded()) }
        delay = UInt64(max(0, properties.delay.wholeNanoseconds))
        jitter = min(UInt64(max(0, properties.jitter.wholeNanoseconds)), delay)
        loss = share(properties.loss)
        duplicate = share(properties.duplicate)
        reorder = share(properties.reorder)
        corrupt = share(properties.corrupt)
        rate = UInt64(max(0, properties.rate ?? 0))
    }
}

/// What happens to one frame. Depends on the rules, the random state and the frame's length, and on nothing else: the same frames in
/// the same order meet the same fate under the same seed.
public struct RelayDecision: Sendable, Hashable {
    public var isLost: Bool
    public var isDuplicated: Bool
    /// It goes at once, past all those that are being delayed.
    public var overtakes: Bool
    /// Nanoseconds, uniformly in `delay - jitter ... delay + jitter`; 0 for one that overtakes.
    public var delay: UInt64
    /// The bit that flips, counted from the first bit after the Ethernet header.
    public var flippedBit: UInt64?

    /// Bytes of an Ethernet header: never corrupted, or the frame would reach nobody.
    public static let headerLength = 14

    public init(isLost: Bool, isDuplicated: Bool, overtakes: Bool, delay: UInt64, flippedBit: UInt64?) {
        self.isLost = isLost
        self.isDuplicated = isDuplicated
        self.overtakes = overtakes
        self.delay = delay
        self.flippedBit = flippedBit
    }

    /// Always draws six numbers, so that a frame's fate does not depend on which rules are on.
    ///
    /// - Parameter length: of the frame, bytes with the Ethernet header.
    public init(rules: RelayRules, length: Int, random: inout SeededRandom) {
        func draw(_ threshold: UInt64) -> Bool { random.next() >> 32 < threshold }
        func below(_ bound: UInt64) -> UInt64 { random.next().multipliedFullWidth(by: bound).high }
        isLost = draw(rules.loss)
        isDuplicated = draw(rules.duplicate)
        overtakes = draw(rules.reorder)
        let isCorrupted = draw(rules.corrupt)
        let spread = below(2 * rules.jitter + 1)
        delay = overtakes ? 0 : rules.delay - rules.jitter + spread
        let bit = below(UInt64(max(1, length - Self.headerLength)) * 8)
        flippedBit = isCorrupted && length > Self.headerLength ? bit : nil
    }
}
