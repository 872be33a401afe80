import Basics
import FoundationEssentials

/// A WireGuard private key: 32 secret bytes, clamped as X25519 asks (RFC 7748, section 5).
///
/// Clamped on the way in, because WireGuard clamps too: otherwise a key read back from a device would look like another one.
/// No description and no reflection of it shows the bytes.
public struct PrivateKey: Hashable, Sendable {
    /// Always 32. Secret.
    public let bytes: [UInt8]

    /// Clamps the bytes; nil unless there are exactly 32.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.init(clamping: bytes)
    }

    /// From standard base64, 44 characters; nil for anything else.
    public init?(base64 text: String) {
        guard text.utf8.count == 44, let data = Data(base64Encoded: text) else { return nil }
        self.init(bytes: [UInt8](data))
    }

    /// From 64 hexadecimal digits, the form of WireGuard's UAPI; nil for anything else.
    public init?(hex text: some StringProtocol) {
        guard let bytes = Hex.decode(text) else { return nil }
        self.init(bytes: bytes)
    }

    /// A new key from the kernel's random number generator.
    public static func random() -> PrivateKey { PrivateKey(clamping: RandomBytes.make(32)) }

    private init(clamping bytes: [UInt8]) {
        var clamped = bytes
        clamped[0] &= 248
        clamped[31] = clamped[31] & 127 | 64
        self.bytes = clamped
    }

    /// As `wg` writes it. Secret.
    public var base64: String { Data(bytes).base64EncodedString() }
    /// As the UAPI writes it. Secret.
    public var hex: String { Hex.encode(bytes) }
}

extension PrivateKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "(private key)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
