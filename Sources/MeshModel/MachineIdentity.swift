/// The coordinator's identifier for a machine: `m-` and 16 hexadecimal digits. The same for the life of a registration.
public struct MachineID: Hashable, Sendable {
    /// What the digits say: identifiers are compared and looked up in great number.
    private let number: UInt64

    public var text: String {
        let digits = String(number, radix: 16)
        return "m-" + String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    /// Nil unless the text has the form that `random` makes.
    public init?(_ text: String) {
        let digits = text.utf8.dropFirst(2)
        guard text.utf8.starts(with: "m-".utf8), digits.count == 16 else { return nil }
        var number: UInt64 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        self.number = number
    }

    private init(number: UInt64) { self.number = number }

    /// A new identifier of 64 random bits.
    public static func random() -> MachineID { MachineID(number: .random(in: .min ... .max)) }
}

extension MachineID: CustomStringConvertible, Comparable, Codable {
    public var description: String { text }
    /// As their texts.
    public static func < (left: MachineID, right: MachineID) -> Bool { left.number < right.number }

    public init(from decoder: any Decoder) throws {
        self = try decodeText(from: decoder, expected: "a machine id: m- and 16 hexadecimal digits", MachineID.init)
    }
    public func encode(to encoder: any Encoder) throws { try encodeText(text, to: encoder) }
}

/// A machine's name, unique in its mesh: a host name label (RFC 1123) in lower case, 1…63 characters of a-z, 0-9 and hyphen,
/// with no hyphen at either end.
public struct MachineName: Hashable, Sendable {
    public let text: String

    /// What is allowed, for error messages.
    public static let allowed = "1 to 63 characters of a-z, 0-9 and hyphen, with no hyphen at either end"

    /// Nil for anything that is not allowed.
    public init?(_ text: String) {
        let isLabel = text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
        guard isLabel, (1...63).contains(text.utf8.count), !text.hasPrefix("-"), !text.hasSuffix("-") else { return nil }
        self.text = text
    }
}

extension MachineName: CustomStringConvertible, Comparable, Codable {
    public var description: String { text }
    public static func < (left: MachineName, right: MachineName) -> Bool { left.text < right.text }

    public init(from decoder: any Decoder) throws {
        self = try decodeText(from: decoder, expected: MachineName.allowed, MachineName.init)
    }
    public func encode(to encoder: any Encoder) throws { try encodeText(text, to: encoder) }
}
