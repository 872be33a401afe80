/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same seed, here and in the relay's C.
public struct SeededRandom: RandomNumberGenerator, Sendable, Hashable {
    /// All there is to know of what comes next.
    public private(set) var state: UInt64

    public init(seed: UInt64) { state = seed }

    /// A stream of its own for a name: FNV-1a of the name, mixed with the seed.
    public init(seed: UInt64, name: String) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        var mixer = SeededRandom(seed: seed ^ hash)
        state = mixer.next()
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
