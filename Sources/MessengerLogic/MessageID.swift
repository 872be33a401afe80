import Basics

/// Names one message: 128 random bits, the same on both ends. A resent message keeps its id.
public struct MessageID: Hashable, Sendable {
    /// Always 16.
    public let bytes: [UInt8]

    /// How many bytes an id has.
    public static let byteCount = 16

    /// Nil unless there are exactly 16 bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// From 32 hexadecimal digits; nil for anything else.
    public init?(_ text: String) {
        guard let bytes = Hex.decode(text) else { return nil }
        self.init(bytes: bytes)
    }

    private init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    /// A new id.
    public static func random() -> MessageID { MessageID(unchecked: RandomBytes.make(byteCount)) }
}

extension MessageID: CustomStringConvertible {
    /// 32 hexadecimal digits in lower case.
    public var description: String { Hex.encode(bytes) }
}
