/// Bytes from the kernel's random number generator, for secrets and identifiers.
public enum RandomBytes {
    /// - Parameter count: how many bytes, at least 1.
    public static func make(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// `count` random bytes as lower-case hexadecimal.
    public static func hex(_ count: Int) -> String {
        Hex.encode(make(count))
    }
}

/// Hexadecimal, as WireGuard's UAPI writes its keys.
public enum Hex {
    private static let digits = Array("0123456789abcdef".utf8)

    /// Lower-case, two digits a byte.
    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes, or nil for an odd count of digits or any other character. Both cases are read.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        var high: UInt8?
        for character in text {
            guard character.isASCII, let value = character.hexDigitValue.map(UInt8.init) else { return nil }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return high == nil ? bytes : nil
    }
}
