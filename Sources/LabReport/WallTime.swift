/// An instant of the wall clock, for placing log lines on a run's timeline. Nothing else is decided by it.
public struct WallTime: Sendable, Hashable, Comparable {
    /// Microseconds since 1970-01-01T00:00:00Z.
    public var microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }

    public static func < (left: Self, right: Self) -> Bool { left.microseconds < right.microseconds }

    /// How many seconds this instant lies after the other.
    public func seconds(after other: WallTime) -> Double { Double(microseconds - other.microseconds) / 1e6 }

    /// Reads RFC 3339, `2026-01-31T12:00:00.123456Z` or with an offset; a space may stand for the T. Nil if it is none.
    public init?(_ text: some StringProtocol) {
        var reader = DigitReader(bytes: Array(text.utf8))
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
            let day = reader.number(2), reader.skip("T") || reader.skip("t") || reader.skip(" "),
            let hour = reader.number(2), reader.skip(":"), let minute = reader.number(2), reader.skip(":"),
            let second = reader.number(2), (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
        else { return nil }
        let fraction = reader.skip(".") ? reader.fraction() : 0
        guard let offset = reader.offsetInMinutes(), reader.isAtEnd else { return nil }
        let minutes = (Self.days(year, month, day) * 24 + hour) * 60 + minute - offset
        microseconds = (minutes * 60 + second) * 1_000_000 + fraction
    }

    /// RFC 3339 in UTC with microseconds.
    public var text: String {
        func pad(_ number: Int64, _ width: Int) -> String {
            let digits = "\(number)"
            return String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
        }
        let (seconds, fraction) = Self.divide(microseconds, 1_000_000)
        let (day, rest) = Self.divide(seconds, 86_400)
        let (year, month, date) = Self.date(day)
        return "\(pad(year, 4))-\(pad(month, 2))-\(pad(date, 2))T\(pad(rest / 3_600, 2)):\(pad(rest / 60 % 60, 2))"
            + ":\(pad(rest % 60, 2)).\(pad(fraction, 6))Z"
    }

    /// Quotient and remainder, rounded down.
    private static func divide(_ number: Int64, _ by: Int64) -> (Int64, Int64) {
        let rest = number % by
        return rest < 0 ? (number / by - 1, rest + by) : (number / by, rest)
    }

    /// Days since 1970-01-01 of a date of the Gregorian calendar (Howard Hinnant, days_from_civil).
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let (era, ofEra) = divide(shifted, 400)
        let ofYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }

    /// The inverse of `days` (civil_from_days).
    private static func date(_ days: Int64) -> (Int64, Int64, Int64) {
        let (era, ofEra) = divide(days + 719_468, 146_097)
        let year = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let shifted = (5 * ofYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (year + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * shifted + 2) / 5 + 1)
    }
}

/// Reads digits and signs one after the other.
private struct DigitReader {
    let bytes: [UInt8]
    var position = 0

    var isAtEnd: Bool { position == bytes.count }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func number(_ width: Int) -> Int64? {
        guard position + width <= bytes.count else { return nil }
        var value: Int64 = 0
        for byte in bytes[position..<position + width] {
            guard (48...57).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - 48)
        }
        position += width
        return value
    }

    /// Microseconds; further digits are dropped.
    mutating func fraction() -> Int64 {
        var value: Int64 = 0
        var unit: Int64 = 100_000
        while position < bytes.count, (48...57).contains(bytes[position]) {
            value += Int64(bytes[position] - 48) * unit
            unit /= 10
            position += 1
        }
        return value
    }

    mutating func offsetInMinutes() -> Int64? {
        if skip("Z") || skip("z") { return 0 }
        let sign: Int64
        if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
        guard let hours = number(2), skip(":"), let minutes = number(2), hours < 24, minutes < 60 else { return nil }
        return sign * (hours * 60 + minutes)
    }
}
