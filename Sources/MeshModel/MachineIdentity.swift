import Basics

/// The coordinator's identifier for a machine: `m-` and 16 hexadecimal digits. The same for the life of a registration.
public struct MachineID: Hashable, Sendable {
    public let text: String

    /// Nil unless the text has the form that `random` makes.
    public init?(_ text: String) {
        let digits = text.dropFirst(2)
        guard text.hasPrefix("m-"), digits.utf8.count == 16, digits.allSatisfy({ $0.isASCII && $0.isHexDigit && !$0.isUppercase })
        else { return nil }
        self.text = text
    }

    private init(digits: String) { text = "m-" + digits }

    /// A new identifier of 64 random bits.
    public static func random() -> MachineID { MachineID(digits: RandomBytes.hex(8)) }
}

extension MachineID: CustomStringConvertible, Comparable, Codable {
    public var description: String { text }
    public static func < (left: MachineID, right: MachineID) -> Bool { left.text < right.text }

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
