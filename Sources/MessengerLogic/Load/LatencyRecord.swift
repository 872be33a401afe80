/// How long each of many things took, to the microsecond. Quantiles are exact: each value is kept, in four bytes.
public struct LatencyRecord: Hashable, Sendable {
    private var values: [UInt32] = []

    public init() {}

    public var count: Int { values.count }

    /// Takes a value; more than 71 minutes count as 71 minutes.
    public mutating func add(milliseconds: Double) {
        values.append(UInt32(min(max(0, (milliseconds * 1_000).rounded()), Double(UInt32.max))))
    }

    /// What it comes to; nil without a value.
    public var summary: LatencySummary? {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        // The least value that so many of all do not exceed.
        func quantile(_ share: Double) -> Double {
            let rank = Int((share * Double(sorted.count)).rounded(.up))
            return Double(sorted[max(0, min(rank, sorted.count) - 1)]) / 1_000
        }
        return LatencySummary(
            p50: quantile(0.5), p90: quantile(0.9), p99: quantile(0.99), max: quantile(1), histogram: Self.histogram(sorted))
    }

    /// Bars from a power of two to the next, the empty ones between others among them.
    private static func histogram(_ sorted: [UInt32]) -> [LatencySummary.Bar] {
        var bars: [LatencySummary.Bar] = []
        var place = 0
        var limit = 64.0  // In microseconds: what is quicker is one bar.
        while place < sorted.count {
            let begin = place
            while place < sorted.count, Double(sorted[place]) < limit { place += 1 }
            if place > begin || !bars.isEmpty { bars.append(.init(below: limit / 1_000, messages: place - begin)) }
            limit *= 2
        }
        return bars
    }
}

/// Quantiles and histogram, in milliseconds.
public struct LatencySummary: Codable, Hashable, Sendable {
    public var p50: Double
    public var p90: Double
    public var p99: Double
    public var max: Double
    public var histogram: [Bar]

    /// One bar of the histogram: what took less than this, and not less than the bar before says.
    public struct Bar: Codable, Hashable, Sendable {
        public var below: Double
        public var messages: Int
    }
}
