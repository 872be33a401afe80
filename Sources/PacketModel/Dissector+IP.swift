import MeshModel

extension IPHeader {
    /// RFC 791. Nil if it is cut off or contradicts itself.
    init?(ipv4 view: ByteView, at offset: Int) {
        guard let first = view.byte(offset), first >> 4 == 4, let total = view.half(offset + 2),
            let identification = view.half(offset + 4), let pieces = view.half(offset + 6), let hops = view.byte(offset + 8),
            let number = view.byte(offset + 9), let source = view.address4(offset + 12),
            let destination = view.address4(offset + 16)
        else { return nil }
        let header = Int(first & 15) * 4
        // A total of 0 is how a frame looks that the sender's segmentation offload has yet to cut.
        let length = total == 0 ? view.count - offset : Int(total)
        guard header >= 20, length >= header, offset + header <= view.count else { return nil }
        let more = pieces & 0x2000 != 0
        let position = Int(pieces & 0x1fff) * 8
        self.init(
            source: source, destination: destination, protocolNumber: number, hopLimit: hops,
            fragment: more || position > 0
                ? Fragment(identification: UInt32(identification), offset: position, more: more) : nil,
            payload: offset + header..<min(offset + length, view.count))
    }

    /// RFC 8200. Nil if it is cut off or contradicts itself.
    init?(ipv6 view: ByteView, at offset: Int) {
        guard let first = view.byte(offset), first >> 4 == 6, let length = view.half(offset + 4),
            let next = view.byte(offset + 6),
            let hops = view.byte(offset + 7), let source = view.address6(offset + 8),
            let destination = view.address6(offset + 24)
        else { return nil }
        // A length of 0 is a jumbogram, or what segmentation offload has yet to cut.
        let end = length == 0 ? view.count : min(offset + 40 + Int(length), view.count)
        self.init(
            source: source, destination: destination, protocolNumber: next, hopLimit: hops, fragment: nil,
            payload: offset + 40..<max(offset + 40, end))
        guard skipExtensions(view) else { return nil }
    }

    /// Moves protocol and payload behind the extension headers; false if one is cut off.
    private mutating func skipExtensions(_ view: ByteView) -> Bool {
        let end = payload.upperBound
        var at = payload.lowerBound
        for _ in 0..<Self.mostExtensions {
            guard Self.extensions.contains(protocolNumber) else { break }
            guard let next = view.byte(at), let size = view.byte(at + 1) else { return false }
            var length = 8 * (Int(size) + 1)
            if protocolNumber == Self.authentication { length = 4 * (Int(size) + 2) }
            if protocolNumber == Self.fragmentation {
                guard let pieces = view.half(at + 2), let identification = view.word(at + 4) else { return false }
                length = 8
                fragment = Fragment(identification: identification, offset: Int(pieces & 0xfff8), more: pieces & 1 != 0)
            }
            guard at + length <= end else { return false }
            at += length
            protocolNumber = next
            payload = at..<end
            // What follows in a later fragment is no header.
            if let fragment, !fragment.isFirst { break }
        }
        return true
    }

    private static let fragmentation: UInt8 = 44
    private static let authentication: UInt8 = 51
    /// Hop-by-hop options, routing, fragment, authentication, destination options, mobility.
    private static let extensions: Set<UInt8> = [0, 43, fragmentation, authentication, 60, 135]
    /// More of them than any sender makes are left unread.
    private static let mostExtensions = 16
}
