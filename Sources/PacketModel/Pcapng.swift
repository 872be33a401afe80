import MeshModel

/// Blocks of a capture file (draft-ietf-opsawg-pcapng), little-endian, as bytes.
public enum Pcapng {
    /// Which way a packet went, as flags of the packet tell it.
    public enum Direction: UInt32, Sendable, Hashable, Codable {
        /// Into the interface from its cable.
        case entering = 1
        /// Out of it.
        case leaving = 2
    }

    private static let end: UInt16 = 0
    private static let comment: UInt16 = 1

    /// The block that a file begins with.
    ///
    /// - Parameters:
    ///   - application: the name of the program that writes.
    ///   - comment: empty: none.
    public static func section(application: String, comment text: String = "") -> [UInt8] {
        var block = Block(0x0a0d_0d0a)
        // Byte order, version 1.0, and a length that is not told.
        block.words(0x1a2b_3c4d, 0x0000_0001, .max, .max)
        if !text.isEmpty { block.option(comment, Array(text.utf8)) }
        block.option(4, Array(application.utf8))
        block.option(end, [])
        return block.finished
    }

    /// Describes an interface; packets name it by its number in the order of these blocks, from 0. Times are in nanoseconds.
    ///
    /// - Parameter snapLength: no packet is stored with more bytes; 0: no limit.
    public static func interface(name: String, description: String = "", snapLength: UInt32) -> [UInt8] {
        var block = Block(1)
        // Ethernet.
        block.words(1, snapLength)
        block.option(2, Array(name.utf8))
        if !description.isEmpty { block.option(3, Array(description.utf8)) }
        // 10⁻⁹ s.
        block.option(9, [9])
        block.option(end, [])
        return block.finished
    }

    /// One packet.
    ///
    /// - Parameters:
    ///   - time: nanoseconds since 1970.
    ///   - bytes: what is stored of it.
    ///   - length: of the packet on the wire.
    ///   - comment: empty: none.
    public static func packet(
        interface: UInt32, time: UInt64, bytes: UnsafeRawBufferPointer, length: UInt32, direction: Direction,
        comment text: String = ""
    ) -> [UInt8] {
        var block = Block(6)
        block.words(
            interface, UInt32(truncatingIfNeeded: time >> 32), UInt32(truncatingIfNeeded: time), UInt32(bytes.count), length)
        block.padded(bytes)
        if !text.isEmpty { block.option(comment, Array(text.utf8)) }
        withUnsafeBytes(of: direction.rawValue.littleEndian) { block.option(2, Array($0)) }
        block.option(end, [])
        return block.finished
    }

    /// Names for addresses.
    public static func names(_ names: [(address: IPAddress, name: String)]) -> [UInt8] {
        var block = Block(4)
        for (address, name) in names {
            block.option(address.isIPv4 ? 1 : 2, address.bytes + Array(name.utf8) + [0])
        }
        block.option(end, [])
        block.option(end, [])
        return block.finished
    }
}

/// A block under construction.
private struct Block {
    private var bytes: [UInt8] = []

    init(_ type: UInt32) {
        bytes.reserveCapacity(128)
        // The length comes last.
        words(type, 0)
    }

    mutating func words(_ words: UInt32...) {
        for word in words { withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) } }
    }

    mutating func padded(_ content: some Collection<UInt8>) {
        bytes.append(contentsOf: content)
        while bytes.count % 4 != 0 { bytes.append(0) }
    }

    /// An option, or a record of a name block, which look alike: code, length, value. What is too long for the length is cut off.
    mutating func option(_ code: UInt16, _ value: [UInt8]) {
        let value = value.prefix(Int(UInt16.max) - 3)
        words(UInt32(value.count) << 16 | UInt32(code))
        padded(value)
    }

    /// With the block's length in its two places.
    var finished: [UInt8] {
        let length = UInt32(bytes.count + 4)
        var result = bytes
        withUnsafeBytes(of: length.littleEndian) {
            result.replaceSubrange(4..<8, with: $0)
            result.append(contentsOf: $0)
        }
        return result
    }
}
