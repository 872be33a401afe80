import Basics

/// Numbers with a unit, as texts.
enum Quantity {
    /// The share of 1 that "20%" says.
    static func share(_ text: String) -> Double? {
        guard text.hasSuffix("%") else { return nil }
        let parts = text.dropLast().split(separator: ".", omittingEmptySubsequences: false)
        let isDecimal = parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }
        guard isDecimal, (1...2).contains(parts.count), parts[0].utf8.count <= 3, parts.count == 1 || parts[1].utf8.count <= 6,
            parts[0].utf8.count < 3 || parts[0].first == "1", let percent = Double(text.dropLast()), percent <= 100
        else { return nil }
        return percent / 100
    }

    /// The share as text, exactly.
    static func text(share: Double) -> String {
        let millionths = Int((share * 100_000_000).rounded())
        return "\(decimal(millionths, places: 6))%"
    }

    /// Bits per second; nil unless it is a whole number of them.
    static func rate(_ text: String) -> Int? {
        scaled(text, [("kbit", 1_000), ("mbit", 1_000_000), ("gbit", 1_000_000_000), ("bit", 1)])
    }

    /// Bytes; nil unless it is a whole number of them.
    static func size(_ text: String) -> Int? {
        let units = [
            ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000),
        ]
        return scaled(text, units + [("B", 1)])
    }

    /// The duration as text, exactly: `1.5s`, `250ms`, `0.1ms`.
    static func text(duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
        if nanoseconds == 0 { return "0s" }
        if nanoseconds < 1_000_000_000 { return "\(decimal(nanoseconds, places: 6))ms" }
        return "\(decimal(nanoseconds, places: 9))s"
    }

    private static func scaled(_ text: String, _ units: [(String, Int)]) -> Int? {
        guard let (unit, scale) = units.first(where: { text.hasSuffix($0.0) }), let number = Double(text.dropLast(unit.count))
        else { return nil }
        return Int(exactly: (number * Double(scale)).rounded())
    }

    /// A whole number of the last of so many decimal places, without zeros at the end.
    private static func decimal(_ number: Int, places: Int) -> String {
        var digits = "\(number)"
        digits = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        var fraction = digits.suffix(places)
        while fraction.last == "0" { fraction = fraction.dropLast() }
        let whole = digits.dropLast(places)
        return fraction.isEmpty ? String(whole) : "\(whole).\(fraction)"
    }
}
