import MeshModel

/// Remembers how each piece of a stream or packet ended, so that a text which two pieces share is found: in fragments of one packet, and
/// in TCP segments that follow one another.
struct SeamSearch: Sendable {
    private struct Key: Hashable, Sendable {
        var link: Int
        var source: IPAddress
        var destination: IPAddress
        /// The fragments' identification, or both ports.
        var stream: UInt32
        var protocolNumber: UInt8
    }

    /// Where two pieces meet.
    struct Seam: Sendable {
        var bytes: [UInt8]
        /// Where the second piece begins.
        var place: Int
    }

    private struct Tail: Sendable {
        /// Where the next piece begins.
        var position: UInt32
        var bytes: [UInt8]
    }

    /// Sequence numbers so far back are another connection's.
    private static let window: Int32 = 1 << 20

    private var tails = RecentTable<Key, Tail>(capacity: 4_096)

    /// The end of the piece before this one and the beginning of this one, if that one was just seen on the same link, same way;
    /// nil for a packet that is no piece of anything.
    mutating func seam(link: Int, _ packet: Dissection, _ bytes: UnsafeRawBufferPointer) -> Seam? {
        guard let ip = packet.ip, let (stream, position, range) = piece(packet, ip), !range.isEmpty else { return nil }
        let key = Key(
            link: link, source: ip.source, destination: ip.destination, stream: stream, protocolNumber: ip.protocolNumber)
        let piece = ByteView(bytes: bytes).slice(range)
        let reach = ClearTextSearch.longestText - 1
        let next = position &+ UInt32(truncatingIfNeeded: range.count)
        var before: [UInt8] = []
        if let tail = tails[key] {
            if tail.position == position { before = tail.bytes }
            // A repetition of what was seen: the next one still follows on the newest.
            if !packet.isOpening, (0..<Self.window).contains(Int32(bitPattern: tail.position &- next)) { return nil }
        }
        // A piece shorter than a text leaves a part of what was before it.
        tails[key] = Tail(position: next, bytes: Array((before + piece.suffix(reach)).suffix(reach)))
        return before.isEmpty ? nil : Seam(bytes: before + piece.prefix(reach), place: before.count)
    }

    private func piece(_ packet: Dissection, _ ip: IPHeader) -> (stream: UInt32, position: UInt32, range: Range<Int>)? {
        if let fragment = ip.fragment {
            return (fragment.identification, UInt32(truncatingIfNeeded: fragment.offset), ip.payload)
        }
        if case .tcp(let source, let destination, let sequence, _) = packet.transport {
            return (UInt32(source) << 16 | UInt32(destination), sequence, packet.payload)
        }
        return nil
    }
}

extension Dissection {
    /// The first segment of a TCP connection (SYN): earlier sequence numbers with the same ports have nothing to do with it.
    fileprivate var isOpening: Bool {
        if case .tcp(_, _, _, let flags) = transport { flags & 2 != 0 } else { false }
    }
}
