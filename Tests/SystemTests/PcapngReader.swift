import Basics

/// Reads back what the lab writes as pcapng: little-endian blocks.
struct PcapngReader {
    /// What the descriptions of the interfaces say, in their order.
    private(set) var interfaces: [String] = []
    private(set) var packets: [(interface: Int, bytes: [UInt8])] = []

    /// - Throws: if anything does not fit together, or the file does not end with a block's end.
    init(_ bytes: [UInt8]) throws {
        var position = 0
        func word(_ place: Int) throws -> Int {
            guard place + 4 <= bytes.count else { throw CodedError("pcapng", "cut off at \(place)") }
            return (0..<4).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
        }
        while position < bytes.count {
            let (type, length) = (try word(position), try word(position + 4))
            guard position > 0 || type == 0x0a0d_0d0a, length >= 12, length % 4 == 0,
                try word(position + length - 4) == length
            else { throw CodedError("pcapng", "a bad block of type \(type) and \(length) bytes at \(position)") }
            switch type {
            case 1: interfaces.append(try description(position + 16, word, bytes))
            case 6:
                let (interface, stored) = (try word(position + 8), try word(position + 20))
                guard interface < interfaces.count, stored <= length - 32 else {
                    throw CodedError("pcapng", "a bad packet at \(position)")
                }
                packets.append((interface, Array(bytes[(position + 28)..<(position + 28 + stored)])))
            default: break
            }
            position += length
        }
    }

    private func description(_ start: Int, _ word: (Int) throws -> Int, _ bytes: [UInt8]) throws -> String {
        var place = start
        while true {
            let (code, length) = (try word(place) & 0xffff, try word(place) >> 16)
            if code == 3 { return String(decoding: bytes[(place + 4)..<(place + 4 + length)], as: UTF8.self) }
            if code == 0 { return "" }
            place += 4 + (length + 3) / 4 * 4
        }
    }
}
