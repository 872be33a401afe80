/// The random choices of a scenario: each from the scenario's seed and its place among the choices, in order of the file.
final class RandomChoices {
    private let seed: UInt64
    private var count: UInt64 = 0
    /// How many machines selectors have written out so far.
    private var written = 0
    /// What choices with a name chose last.
    var named: [String: [String]] = [:]

    init(seed: UInt64) { self.seed = seed }

    /// The most machines that the selectors of a scenario may write out, all of them together.
    static let writtenLimit = 20_000_000

    /// Counts the machines of one more selector.
    func count(_ machines: [String], at position: SourcePosition) throws(ScenarioError) {
        written += machines.count
        guard written <= Self.writtenLimit else {
            throw ScenarioError(
                at: position,
                "the selectors up to here choose more than \(Self.writtenLimit) machines, the most that are allowed in all")
        }
    }

    /// The generator of the next choice.
    func next() -> SplitMix64 {
        count += 1
        return SplitMix64(state: SplitMix64.mixed(seed) ^ SplitMix64.mixed(count))
    }
}

/// Steele, Lea and Flood's SplitMix64: the same numbers from the same state, on every platform and with every compiler.
struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        return Self.mixed(state)
    }

    /// A whole number below the bound, each equally probable.
    mutating func below(_ bound: Int) -> Int {
        guard bound > 1 else { return 0 }
        let width = UInt64(bound)
        // Numbers of an incomplete last round would favour small results.
        let limit = UInt64.max - (UInt64.max % width + 1) % width
        while true {
            let number = next()
            if number <= limit { return Int(number % width) }
        }
    }

    /// The elements in random order (Fisher–Yates).
    mutating func shuffled<Element>(_ elements: [Element]) -> [Element] {
        var elements = elements
        for index in elements.indices.dropFirst().reversed() { elements.swapAt(index, below(index + 1)) }
        return elements
    }

    static func mixed(_ number: UInt64) -> UInt64 {
        var word = number
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}
