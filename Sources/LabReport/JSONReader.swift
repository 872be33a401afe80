import Glibc

/// Reads one JSON value from the bytes of a line. Nothing nested deeper than `depthLimit` is read.
struct JSONReader {
    static let depthLimit = 16
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    private init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// The value, or nil if the bytes are not exactly one.
    static func value(_ bytes: UnsafeBufferPointer<UInt8>) -> JSONValue? {
        var reader = JSONReader(bytes)
        guard let value = reader.value(depth: 0) else { return nil }
        reader.skipSpace()
        return reader.position == bytes.count ? value : nil
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) -> JSONValue? {
        skipSpace()
        guard depth < Self.depthLimit, let first = next else { return nil }
        switch first {
        case UInt8(ascii: "\""): return string().map(JSONValue.string)
        case UInt8(ascii: "{"): return object(depth)
        case UInt8(ascii: "["): return array(depth)
        case UInt8(ascii: "t"): return word("true") ? .bool(true) : nil
        case UInt8(ascii: "f"): return word("false") ? .bool(false) : nil
        case UInt8(ascii: "n"): return word("null") ? .null : nil
        default: return number()
        }
    }

    private mutating func object(_ depth: Int) -> JSONValue? {
        position += 1
        var members: [JSONValue.Member] = []
        if take("}") { return .object([]) }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\""), let name = string(), take(":"), let value = value(depth: depth + 1) else {
                return nil
            }
            members.append(JSONValue.Member(name: name, value: value))
        } while take(",")
        return take("}") ? .object(members) : nil
    }

    private mutating func array(_ depth: Int) -> JSONValue? {
        position += 1
        var values: [JSONValue] = []
        if take("]") { return .array([]) }
        repeat {
            guard let value = value(depth: depth + 1) else { return nil }
            values.append(value)
        } while take(",")
        return take("]") ? .array(values) : nil
    }

    private mutating func word(_ text: String) -> Bool {
        let end = position + text.utf8.count
        guard end <= bytes.count, bytes[position..<end].elementsEqual(text.utf8) else { return false }
        position = end
        return true
    }

    private mutating func number() -> JSONValue? {
        let begin = position
        while let byte = next, (48...57).contains(byte) || "+-.eE".utf8.contains(byte) { position += 1 }
        let text = String(decoding: bytes[begin..<position], as: UTF8.self)
        // Double reads "+1", "1." and ".5" too, which are no JSON.
        guard let first = text.utf8.first, first == 0x2D || (48...57).contains(first),
            text.utf8.last.map({ (48...57).contains($0) }) == true,
            Double(text) != nil
        else { return nil }
        return .number(text)
    }

    /// A string from its opening quote on. The part without escapes, most often all of it, is found by memchr and copied at once.
    private mutating func string() -> String? {
        position += 1
        guard let base = bytes.baseAddress, let quote = memchr(base + position, 0x22, bytes.count - position) else { return nil }
        let end = UnsafeRawPointer(quote) - UnsafeRawPointer(base)
        let run = UnsafeBufferPointer(rebasing: bytes[position..<end])
        if memchr(base + position, 0x5C, run.count) == nil {
            position = end + 1
            return String(decoding: run, as: UTF8.self)
        }
        return escapedString()
    }

    private mutating func escapedString() -> String? {
        var text: [UInt8] = []
        while let byte = next {
            position += 1
            if byte == 0x22 { return String(decoding: text, as: UTF8.self) }
            guard byte == 0x5C else {
                text.append(byte)
                continue
            }
            guard let escape = next, let scalar = unescape(escape) else { return nil }
            text.append(contentsOf: String(Character(scalar)).utf8)
        }
        return nil
    }

    private mutating func unescape(_ escape: UInt8) -> Unicode.Scalar? {
        position += 1
        switch escape {
        case 0x22, 0x5C, 0x2F: return Unicode.Scalar(escape)
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "u"): return unicodeEscape()
        default: return nil
        }
    }

    /// The four digits after \u, and a second escape if the first is half of a pair. A half alone becomes U+FFFD.
    private mutating func unicodeEscape() -> Unicode.Scalar? {
        guard let high = hex() else { return nil }
        guard (0xD800..<0xDC00).contains(high), position + 1 < bytes.count, bytes[position] == 0x5C,
            bytes[position + 1] == UInt8(ascii: "u")
        else { return Unicode.Scalar(high) ?? "\u{FFFD}" }
        let before = position
        position += 2
        guard let low = hex() else { return nil }
        guard (0xDC00..<0xE000).contains(low) else {
            position = before
            return "\u{FFFD}"
        }
        return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
    }

    private mutating func hex() -> UInt32? {
        guard position + 4 <= bytes.count else { return nil }
        let digits = bytes[position..<position + 4]
        guard digits.allSatisfy({ isxdigit(Int32($0)) != 0 }) else { return nil }
        position += 4
        return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
