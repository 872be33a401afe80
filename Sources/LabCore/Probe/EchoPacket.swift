/// ICMP echo (RFC 792): what a probe sends and how its answer is known.
enum EchoPacket {
    static let length = 48
    /// Marks the lab's probes; also what a capture looks for in the clear.
    static let canary = Array("warren-lab-probe".utf8)

    /// An echo request that carries the number.
    static func request(identifier: UInt16, number: UInt64) -> [UInt8] {
        var packet: [UInt8] = [8, 0, 0, 0] + bytes(identifier) + bytes(UInt16(truncatingIfNeeded: number))
        packet += (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
        packet += canary
        packet += [UInt8](repeating: 0x77, count: length - packet.count)
        let sum = checksum(packet)
        packet[2] = UInt8(sum >> 8)
        packet[3] = UInt8(sum & 255)
        return packet
    }

    /// The number in an echo reply to one of our requests; nil for anything else.
    ///
    /// - Parameter datagram: an IPv4 packet as a raw socket gives it, header included.
    static func answer(in datagram: ArraySlice<UInt8>, identifier: UInt16) -> UInt64? {
        guard let first = datagram.first, first >> 4 == 4 else { return nil }
        let message = datagram.dropFirst(Int(first & 15) * 4)
        guard message.count >= 32, message.first == 0 else { return nil }
        let at = message.startIndex
        guard Array(message[at + 4..<at + 6]) == bytes(identifier), Array(message[at + 16..<at + 16 + canary.count]) == canary
        else {
            return nil
        }
        return message[at + 8..<at + 16].reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func bytes(_ word: UInt16) -> [UInt8] { [UInt8(word >> 8), UInt8(word & 255)] }

    /// The Internet checksum (RFC 1071).
    static func checksum(_ bytes: [UInt8]) -> UInt16 {
        var sum: UInt32 = 0
        for index in stride(from: 0, to: bytes.count, by: 2) {
            sum += UInt32(bytes[index]) << 8 | (index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0)
        }
        while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
        return ~UInt16(sum)
    }
}
