import Basics

/// An Ethernet address, 48 bits.
public struct HardwareAddress: Hashable, Sendable, CustomStringConvertible {
    /// The six bytes, the first one highest; the upper 16 bits are zero.
    public let value: UInt64

    /// Bits above the lower 48 are dropped.
    public init(_ value: UInt64) {
        self.value = value & 0xffff_ffff_ffff
    }

    /// From six bytes in the order in which they are sent; nil for any other count.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 6 else { return nil }
        value = bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Broadcast or multicast.
    public var isGroup: Bool { value >> 40 & 1 == 1 }

    /// Six pairs of hexadecimal digits with colons between them.
    public var description: String {
        (0..<6).map { Hex.encode([UInt8(truncatingIfNeeded: value >> (40 - 8 * $0))]) }.joined(separator: ":")
    }
}
