import Basics
import FoundationEssentials

/// A WireGuard public key: 32 bytes, a point on Curve25519. Written in base64, as `wg` does.
public struct PublicKey: Hashable, Sendable {
    /// The bytes as four words, the first byte highest: keys are compared and looked up in great number.
    private let words: Words

    /// Always 32.
    public var bytes: [UInt8] {
        [words.first, words.second, words.third, words.fourth].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) }
        }
    }

    /// Nil unless there are exactly 32 bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        func word(_ index: Int) -> UInt64 { bytes[(index * 8)..<(index * 8 + 8)].reduce(0) { $0 << 8 | UInt64($1) } }
        self.init(words: word(0), word(1), word(2), word(3))
    }

    /// The bytes as four words, in network order.
    public init(words first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64) {
        words = Words(first: first, second: second, third: third, fourth: fourth)
    }

    private struct Words: Hashable, Comparable, Sendable {
        let first, second, third, fourth: UInt64

        static func < (left: Words, right: Words) -> Bool {
            if left.first != right.first { return left.first < right.first }
            return (left.second, left.third, left.fourth) < (right.second, right.third, right.fourth)
        }
    }

    /// From standard base64, 44 characters; nil for anything else.
    public init?(base64 text: String) {
        guard text.utf8.count == 44, let data = Data(base64Encoded: text) else { return nil }
        self.init(bytes: [UInt8](data))
        // One key has one text: the bits that the last digit has to spare are zero.
        guard base64 == text else { return nil }
    }

    /// From 64 hexadecimal digits, the form of WireGuard's UAPI; nil for anything else.
    public init?(hex text: some StringProtocol) {
        guard let bytes = Hex.decode(text) else { return nil }
        self.init(bytes: bytes)
    }

    public var base64: String { Data(bytes).base64EncodedString() }
    public var hex: String { Hex.encode(bytes) }
}

extension PublicKey: CustomStringConvertible, Comparable, Codable {
    public var description: String { base64 }

    /// By bytes. Of two machines, the one with the lower key starts the handshake.
    public static func < (left: PublicKey, right: PublicKey) -> Bool { left.words < right.words }

    public init(from decoder: any Decoder) throws {
        self = try decodeText(from: decoder, expected: "a WireGuard public key: 32 bytes in base64", PublicKey.init(base64:))
    }
    public func encode(to encoder: any Encoder) throws { try encodeText(base64, to: encoder) }
}
