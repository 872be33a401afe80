import Basics

/// An address range in CIDR notation, such as `100.64.0.0/10`: WireGuard's allowed IPs and the mesh's address pool.
///
/// Bits beyond the prefix length are zero.
public struct IPPrefix: Hashable, Sendable {
    /// The lowest address of the range.
    public let address: IPAddress
    /// 0…32 for IPv4, 0…128 for IPv6.
    public let length: Int

    /// Clears the bits beyond the length; nil if the length is out of range.
    public init?(_ address: IPAddress, length: Int) {
        guard (0...address.bitWidth).contains(length) else { return nil }
        self.length = length
        switch address {
        case .v4(let word):
            self.address = .v4(length == 0 ? 0 : word & (UInt32.max << (32 - UInt32(length))))
        case .v6(let high, let low):
            let highBits = UInt64(min(length, 64))
            let lowBits = UInt64(max(length - 64, 0))
            self.address = .v6(
                highBits == 0 ? 0 : high & (UInt64.max << (64 - highBits)),
                lowBits == 0 ? 0 : low & (UInt64.max << (64 - lowBits)))
        }
    }

    /// The range that holds this one address: /32 or /128.
    public init(host address: IPAddress) {
        self.address = address
        self.length = address.bitWidth
    }

    /// Reads `address/length`; nil if that is malformed or has bits set beyond the length.
    public init?(_ text: String) { self.init(ascii: Array(text.utf8)[...]) }

    /// The same from bytes.
    public init?(ascii text: ArraySlice<UInt8>) {
        guard let slash = text.firstIndex(of: UInt8(ascii: "/")), let address = IPAddress(ascii: text[..<slash]),
            let length: Int = DecimalText.readCanonical(text[(slash + 1)...]),
            let prefix = IPPrefix(address, length: length), prefix.address == address
        else { return nil }
        self = prefix
    }

    /// Whether the address lies in the range.
    public func contains(_ other: IPAddress) -> Bool {
        other.bitWidth == address.bitWidth && IPPrefix(other, length: length)?.address == address
    }
}

extension IPPrefix: CustomStringConvertible, Comparable, Codable {
    public var description: String { "\(address)/\(length)" }

    public static func < (left: IPPrefix, right: IPPrefix) -> Bool {
        (left.address, left.length) < (right.address, right.length)
    }

    public init(from decoder: any Decoder) throws {
        self = try decodeText(from: decoder, expected: "a prefix such as 100.64.0.0/10", IPPrefix.init)
    }
    public func encode(to encoder: any Encoder) throws { try encodeText(description, to: encoder) }
}
