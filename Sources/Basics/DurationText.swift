/// Durations as people write them: a decimal number and a unit, `250ms`, `2s`, `1.5s`, `10m`, `24h`, `7d`.
public enum DurationText {
    /// What `parse` accepts, for error messages.
    public static let allowed = "a number with a unit: ms, s, m, h or d, such as \"250ms\", \"2s\" or \"1.5m\""

    /// The longest duration that `parse` returns: 365 days.
    public static let longest = Duration.seconds(365 * 86_400)

    /// The duration that the text names, or nil if it names none, a negative one, or one above `longest`.
    public static func parse(_ text: String) -> Duration? {
        let units: [(String, Double)] = [("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)]
        guard let (unit, scale) = units.first(where: { text.hasSuffix($0.0) }) else { return nil }
        let digits = text.dropLast(unit.count)
        let isNumber = !digits.isEmpty && digits.allSatisfy { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard isNumber, digits.first != ".", digits.last != ".", let number = Double(digits) else { return nil }
        let seconds = number * scale
        guard seconds <= longest.inSeconds else { return nil }
        return .nanoseconds(Int64((seconds * 1e9).rounded()))
    }

    /// The duration as short text: `0.25 s` prints as `250ms`, `90 s` as `90s`, `1.234 s` as `1.23s`, `9000 s` as `2.5h`.
    public static func format(_ duration: Duration) -> String {
        let seconds = duration.inSeconds
        if abs(seconds) < 0.9995 { return "\(Int((seconds * 1_000).rounded()))ms" }
        if seconds >= 7_200 { return "\(decimal(seconds / 3_600))h" }
        return "\(decimal(seconds))s"
    }

    /// At most two decimal places, and none that are zero.
    private static func decimal(_ number: Double) -> String {
        let rounded = (number * 100).rounded() / 100
        return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
    }
}
