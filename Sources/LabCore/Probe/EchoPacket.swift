import MeshModel

/// ICMP echo (RFC 792, RFC 4443): what a probe sends and how it, or its answer, is known again.
struct EchoPacket: Sendable {
    /// Bytes of the ICMP message, unless more are asked for.
    static let length = 64

    /// The lab's own echoes carry this; another lab's carry another.
    let identifier: UInt16
    /// Found in clear on a cable, it shows that a mesh probe was not encrypted. Printable.
    let canary: [UInt8]
    /// What probes carry that are meant to travel outside the mesh, in the canary's place.
    static let plainMark = Array("lab-underlay-probe".utf8)

    /// What an echo is about.
    struct Echo: Hashable {
        var isReply: Bool
        var number: UInt64
        /// Every byte is as it was sent.
        var isIntact: Bool
    }

    /// An echo request that carries the number.
    ///
    /// - Parameters:
    ///   - isPlain: meant to travel outside the mesh: without the canary.
    ///   - length: of the ICMP message in bytes, `EchoPacket.length` at least.
    func request(number: UInt64, to address: IPAddress, isPlain: Bool, length: Int = EchoPacket.length) -> [UInt8] {
        var packet: [UInt8] = [address.isIPv4 ? 8 : 128, 0, 0, 0] + Self.bytes(identifier)
        packet += Self.bytes(UInt16(truncatingIfNeeded: number))
        packet += (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
        packet += isPlain ? Self.plainMark : canary
        packet += [UInt8](repeating: 0x77, count: max(0, length - packet.count))
        // The kernel fills in the one of ICMPv6, which covers addresses.
        guard address.isIPv4 else { return packet }
        let sum = Self.checksum(packet)
        packet[2] = UInt8(sum >> 8)
        packet[3] = UInt8(sum & 255)
        return packet
    }

    /// The echo in what a raw socket gives: an IPv4 packet with its header, or an ICMPv6 message without one. Nil for any other packet.
    func read(_ datagram: ArraySlice<UInt8>, isIPv4: Bool) -> Echo? {
        guard let first = datagram.first else { return nil }
        guard !isIPv4 || first >> 4 == 4 else { return nil }
        let message = Array(isIPv4 ? datagram.dropFirst(Int(first & 15) * 4) : datagram)
        guard message.count >= Self.length else { return nil }
        let types: (request: UInt8, reply: UInt8) = isIPv4 ? (8, 0) : (128, 129)
        guard message[0] == types.request || message[0] == types.reply, Array(message[4..<6]) == Self.bytes(identifier) else {
            return nil
        }
        let number = message[8..<16].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let mark = message[16...]
        let rest =
            mark.starts(with: canary)
            ? mark.dropFirst(canary.count) : mark.starts(with: Self.plainMark) ? mark.dropFirst(Self.plainMark.count) : nil
        let isIntact = rest?.allSatisfy { $0 == 0x77 } ?? false
        return Echo(isReply: message[0] == types.reply, number: number, isIntact: isIntact)
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
