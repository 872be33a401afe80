/// A number that a program goes by if nobody says otherwise: a timeout, a bound, a port. Programs tell theirs (`defaults --json`), so that
/// what documents state can be held against what runs.
public struct ProgramDefault: Codable, Sendable, Hashable {
    /// Lower-case words with hyphens; unique in one program.
    public var name: String
    public var kind: Kind
    /// Milliseconds of a duration, bytes of a size, the number itself of a count; absent for a text.
    public var amount: Double?
    /// For people, and what a text is compared by.
    public var text: String
    /// What it is the default of, or the bound for.
    public var meaning: String

    public enum Kind: String, Codable, Sendable, Hashable {
        case duration, size, count, text
    }

    public init(_ name: String, _ duration: Duration, _ meaning: String) {
        self.name = name
        kind = .duration
        amount = (duration.inSeconds * 1e6).rounded() / 1e3
        text = DurationText.format(duration)
        self.meaning = meaning
    }

    /// - Parameter bytes: shown in the largest binary unit that holds it without a rest.
    public init(_ name: String, bytes: Int, _ meaning: String) {
        self.name = name
        kind = .size
        amount = Double(bytes)
        let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
        let unit = units.first { bytes >= $0.0 && bytes % $0.0 == 0 }
        text = unit.map { "\(bytes / $0.0) \($0.1)" } ?? "\(bytes) bytes"
        self.meaning = meaning
    }

    public init(_ name: String, count: some BinaryInteger, _ meaning: String) {
        self.name = name
        kind = .count
        amount = Double(count)
        text = "\(count)"
        self.meaning = meaning
    }

    public init(_ name: String, factor: Double, _ meaning: String) {
        self.name = name
        kind = .count
        amount = factor
        text = "\(factor)"
        self.meaning = meaning
    }

    public init(_ name: String, text: String, _ meaning: String) {
        self.name = name
        kind = .text
        self.text = text
        self.meaning = meaning
    }
}
