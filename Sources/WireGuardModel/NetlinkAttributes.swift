import Basics

/// Writes netlink attributes (linux/netlink.h): a length and a type of 16 bits each, the value, and zeros up to a multiple of four
/// bytes. Numbers are in the machine's own byte order.
struct NetlinkAttributeWriter {
    private(set) var output: [UInt8] = []

    /// Marks an attribute whose value is attributes (NLA_F_NESTED); the kernel refuses to look into one without it.
    static let isNested: UInt16 = 0x8000

    var count: Int { output.count }

    mutating func attribute(_ type: UInt16, _ value: some Sequence<UInt8>) {
        let start = open(type)
        output += value
        close(start)
    }

    mutating func attribute<Number: FixedWidthInteger>(_ type: UInt16, number: Number) {
        withUnsafeBytes(of: number) { attribute(type, $0) }
    }

    /// An attribute of attributes; its length counts at most 65,535 bytes.
    mutating func nested(_ type: UInt16, _ fill: (inout Self) -> Void) {
        let start = open(type | Self.isNested)
        fill(&self)
        close(start)
    }

    private mutating func open(_ type: UInt16) -> Int {
        let start = output.count
        output += [0, 0]
        withUnsafeBytes(of: type) { output += $0 }
        return start
    }

    private mutating func close(_ start: Int) {
        withUnsafeBytes(of: UInt16(truncatingIfNeeded: output.count - start)) {
            output.replaceSubrange(start..<(start + 2), with: $0)
        }
        while output.count % 4 != 0 { output.append(0) }
    }
}

/// Walks over netlink attributes that somebody else wrote.
struct NetlinkAttributeReader {
    struct Attribute {
        /// Without the flags for nesting and byte order.
        let type: UInt16
        let value: ArraySlice<UInt8>
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// The next attribute; nil at the end.
    ///
    /// - Throws: `wireguard.answer` if what is left is no attribute.
    mutating func next() throws(CodedError) -> Attribute? {
        guard !rest.isEmpty else { return nil }
        guard rest.count >= 4 else { throw Self.malformed }
        let (length, type) = rest.withUnsafeBytes {
            (Int($0.loadUnaligned(as: UInt16.self)), $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        }
        guard length >= 4, length <= rest.count else { throw Self.malformed }
        let value = rest[(rest.startIndex + 4)..<(rest.startIndex + length)]
        rest = rest.dropFirst((length + 3) & ~3)
        return Attribute(type: type & 0x3fff, value: value)
    }

    private static let malformed = CodedError("wireguard.answer", "the kernel's answer about the WireGuard device is malformed")
}

extension NetlinkAttributeReader.Attribute {
    /// The value as a number of exactly that width.
    ///
    /// - Throws: `wireguard.answer` that names the attribute.
    func number<Number: FixedWidthInteger>(_ type: Number.Type, _ name: String) throws(CodedError) -> Number {
        guard value.count == MemoryLayout<Number>.size else { throw Self.malformed(name) }
        return value.withUnsafeBytes { $0.loadUnaligned(as: type) }
    }

    /// Names the attribute, never its value, which may be secret.
    static func malformed(_ name: String) -> CodedError {
        CodedError("wireguard.answer", "the kernel answered with a malformed \(name) of the WireGuard device")
    }
}
