/// Writes JSON into bytes. Cheaper than an encoder, and in an order that the caller decides.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    mutating func object(_ body: (inout JSONWriter) -> Void) { bracket("{", "}", body) }
    mutating func array(_ body: (inout JSONWriter) -> Void) { bracket("[", "]", body) }

    private mutating func bracket(_ open: Unicode.Scalar, _ close: Unicode.Scalar, _ body: (inout JSONWriter) -> Void) {
        separate()
        bytes.append(UInt8(ascii: open))
        needsComma = false
        body(&self)
        bytes.append(UInt8(ascii: close))
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    /// The name of the value that is written next.
    mutating func key(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    mutating func null() { raw("null") }
    mutating func int(_ number: Int) { raw("\(number)") }

    /// Rounded to microseconds, or what the unit's millionth is; what is not finite is null.
    mutating func number(_ number: Double?) {
        guard let number, number.isFinite, abs(number) < 1e12 else { return null() }
        let rounded = (number * 1e6).rounded() / 1e6
        raw(rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)")
    }

    mutating func string(_ text: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { appendEscaped($0) }
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func strings(_ texts: some Sequence<String>) {
        array { for text in texts { $0.string(text) } }
    }

    /// Text that is JSON already.
    mutating func raw(_ text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
    }

    /// Copies runs of ordinary bytes, and escapes what lies between them (RFC 8259, section 7).
    private mutating func appendEscaped(_ text: UnsafeBufferPointer<UInt8>) {
        var begin = 0
        var index = 0
        let end = text.count
        while index < end {
            let byte = text[index]
            if byte >= 0x20, byte != 0x22, byte != 0x5C {
                index += 1
                continue
            }
            bytes.append(contentsOf: text[begin..<index])
            escape(byte)
            index += 1
            begin = index
        }
        bytes.append(contentsOf: text[begin..<end])
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case 0x22: bytes.append(contentsOf: "\\\"".utf8)
        case 0x5C: bytes.append(contentsOf: "\\\\".utf8)
        case 0x0A: bytes.append(contentsOf: "\\n".utf8)
        default:
            let hex = String(byte, radix: 16)
            bytes.append(contentsOf: (byte < 16 ? "\\u000\(hex)" : "\\u00\(hex)").utf8)
        }
    }
}
