/// Metrics in the text format of Prometheus (version 0.0.4), which `GET /metrics` answers with.
public struct PrometheusText: Sendable {
    /// The media type of the format.
    public static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    /// What a metric is.
    public enum Kind: String, Sendable { case counter, gauge, histogram }

    /// Names of labels with their values, in the order in which they are written.
    public typealias Labels = [(name: String, value: String)]

    /// Everything that was added, a line feed at the end of each line.
    public private(set) var text = ""

    public init() {}

    /// Adds a metric with its values.
    ///
    /// - Parameters:
    ///   - name: letters, digits and `_`, with the base unit at its end, and `_total` if it is a counter.
    ///   - help: a sentence.
    ///   - samples: a value for each set of labels.
    public mutating func add(_ name: String, _ kind: Kind, _ help: String, _ samples: [(labels: Labels, value: Double)]) {
        begin(name, kind, help)
        for sample in samples { line(name, sample.labels, sample.value) }
    }

    /// Adds a metric with one value and no labels.
    public mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
        add(name, kind, help, [([], value)])
    }

    /// Adds a histogram for each set of labels.
    public mutating func add(_ name: String, _ help: String, _ samples: [(labels: Labels, histogram: MetricHistogram)]) {
        begin(name, .histogram, help)
        for (labels, histogram) in samples {
            var sum = 0
            for (bound, count) in zip(histogram.bounds + [.infinity], histogram.counts) {
                sum += count
                line(name + "_bucket", labels + [("le", Self.number(bound))], Double(sum))
            }
            line(name + "_sum", labels, histogram.sum)
            line(name + "_count", labels, Double(sum))
        }
    }

    private mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
    }

    private mutating func line(_ name: String, _ labels: Labels, _ value: Double) {
        let list = labels.map { "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"" }.joined(separator: ",")
        text += "\(name)\(list.isEmpty ? "" : "{\(list)}") \(Self.number(value))\n"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }

    private static func number(_ value: Double) -> String {
        if value == .infinity { return "+Inf" }
        if let whole = Int64(exactly: value) { return "\(whole)" }
        return "\(value)"
    }
}

/// How often a value fell into each of a few ranges.
public struct MetricHistogram: Sendable {
    /// The upper bounds, rising; values beyond the last one are counted, too.
    public let bounds: [Double]
    /// One for each bound and one for what is beyond, not cumulated.
    public private(set) var counts: [Int]
    /// Of all values.
    public private(set) var sum = 0.0

    /// Bounds in seconds for what takes from half a millisecond to ten seconds.
    public static let seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    public init(bounds: [Double] = Self.seconds) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    /// Counts a value.
    public mutating func record(_ value: Double) {
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
        sum += value
    }
}
