import Basics

/// What may be sent as a message: UTF-8 text of 1…16,384 bytes without the character U+0000.
///
/// U+0000 is refused because SQLite ends a text there: the part behind it would be acknowledged and lost.
public struct MessageText: Hashable, Sendable {
    public let string: String

    /// Bytes of UTF-8.
    public static let lengthRange = 1...16_384

    /// What is allowed, for error messages.
    public static let allowed = "1 to 16,384 bytes of UTF-8 text without U+0000"

    /// - Throws: `CodedError` with code `bad-text`.
    public init(_ string: String) throws(CodedError) {
        let length = string.utf8.count
        guard Self.lengthRange.contains(length) else {
            throw CodedError("bad-text", "the message has \(length) bytes; allowed are \(Self.allowed)")
        }
        guard !string.utf8.contains(0) else {
            throw CodedError("bad-text", "the message holds the character U+0000; allowed are \(Self.allowed)")
        }
        self.string = string
    }

    /// From bytes off the network.
    ///
    /// - Throws: `CodedError` with code `bad-text`, also for bytes that are not UTF-8.
    public init(utf8 bytes: some Collection<UInt8>) throws(CodedError) {
        guard Self.lengthRange.contains(bytes.count) else {
            throw CodedError("bad-text", "the message has \(bytes.count) bytes; allowed are \(Self.allowed)")
        }
        guard let string = String(validating: bytes, as: UTF8.self) else {
            throw CodedError("bad-text", "the message is not UTF-8")
        }
        try self.init(string)
    }
}
