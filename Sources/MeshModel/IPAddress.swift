import Glibc

/// An IPv4 or IPv6 address.
public enum IPAddress: Hashable, Sendable {
    /// In host byte order: 100.64.0.1 is 0x64400001.
    case v4(UInt32)
    /// The upper and the lower 64 bits, in host byte order.
    case v6(UInt64, UInt64)

    /// Reads the usual text forms, without brackets, port, prefix length or zone.
    public init?(_ text: String) { self.init(ascii: Array(text.utf8)[...]) }

    /// The same from bytes.
    public init?(ascii text: ArraySlice<UInt8>) {
        // To C the text would end at a zero, and what follows would not be looked at.
        guard text.count < INET6_ADDRSTRLEN, !text.contains(0) else { return nil }
        var four = in_addr()
        var six = in6_addr()
        let family = withUnsafeTemporaryAllocation(of: CChar.self, capacity: text.count + 1) { buffer -> Int32? in
            let end = buffer.initialize(fromContentsOf: text.lazy.map { CChar(bitPattern: $0) })
            buffer[end...].initialize(repeating: 0)
            if inet_pton(AF_INET, buffer.baseAddress, &four) == 1 { return AF_INET }
            return inet_pton(AF_INET6, buffer.baseAddress, &six) == 1 ? AF_INET6 : nil
        }
        switch family {
        case AF_INET: self = .v4(UInt32(bigEndian: four.s_addr))
        case AF_INET6:
            self = withUnsafeBytes(of: &six) {
                .v6(
                    UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)),
                    UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
            }
        default: return nil
        }
    }

    /// From 4 or 16 bytes in network order.
    public init?(bytes: [UInt8]) {
        func word(_ slice: ArraySlice<UInt8>) -> UInt64 { slice.reduce(0) { $0 << 8 | UInt64($1) } }
        switch bytes.count {
        case 4: self = .v4(UInt32(word(bytes[...])))
        case 16: self = .v6(word(bytes[..<8]), word(bytes[8...]))
        default: return nil
        }
    }

    /// 4 or 16 bytes in network order.
    public var bytes: [UInt8] {
        switch self {
        case .v4(let word): return (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) }
        case .v6(let high, let low):
            return [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }
        }
    }

    public var isIPv4: Bool {
        if case .v4 = self { return true }
        return false
    }

    /// 32 or 128: the prefix length that names this one address.
    public var bitWidth: Int { isIPv4 ? 32 : 128 }

    /// 127.0.0.0/8 or ::1.
    public var isLoopback: Bool {
        switch self {
        case .v4(let word): word >> 24 == 127
        case .v6(let high, let low): high == 0 && low == 1
        }
    }

    /// 169.254.0.0/16 or fe80::/10: valid on one link only.
    public var isLinkLocal: Bool {
        switch self {
        case .v4(let word): word >> 16 == 0xa9fe
        case .v6(let high, _): high >> 54 == 0x3fa
        }
    }

    /// Whether another machine could have this address: not the loopback, not of one link only, not multicast, reserved or unspecified
    /// (the special-purpose registries of RFC 6890), and no IPv4 address in IPv6 clothes.
    public var isUsableByOthers: Bool {
        guard !isLoopback && !isLinkLocal else { return false }
        switch self {
        // 0.0.0.0/8, and all from 224.0.0.0 on.
        case .v4(let word): return word >> 24 != 0 && word < 0xe000_0000
        // ff00::/8, and ::/64 with the unspecified and the IPv4-mapped addresses.
        case .v6(let high, _): return high >> 56 != 0xff && high != 0
        }
    }
}

extension IPAddress: CustomStringConvertible, Comparable {
    public var description: String {
        let family = isIPv4 ? AF_INET : AF_INET6
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        return bytes.withUnsafeBytes { source in
            inet_ntop(family, source.baseAddress, &text, socklen_t(text.count)).map { String(cString: $0) } ?? ""
        }
    }

    /// IPv4 before IPv6, then by value.
    public static func < (left: IPAddress, right: IPAddress) -> Bool {
        switch (left, right) {
        case (.v4(let one), .v4(let other)): one < other
        case (.v6(let high, let low), .v6(let otherHigh, let otherLow)): (high, low) < (otherHigh, otherLow)
        case (.v4, .v6): true
        case (.v6, .v4): false
        }
    }
}

extension IPAddress: Codable {
    public init(from decoder: any Decoder) throws {
        self = try decodeText(from: decoder, expected: "an IPv4 or IPv6 address", IPAddress.init)
    }
    public func encode(to encoder: any Encoder) throws { try encodeText(description, to: encoder) }
}
