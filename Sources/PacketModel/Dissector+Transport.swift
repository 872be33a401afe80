import MeshModel

extension Dissection {
    /// Reads the header after IP's and moves `payload` behind it.
    mutating func readTransport(_ view: ByteView, _ header: IPHeader) {
        let at = header.payload.lowerBound
        let end = header.payload.upperBound
        guard let size = headerSize(view, header.protocolNumber, at) else { return }
        guard at + size <= end else {
            isMalformed = true
            transport = .none
            return
        }
        payload = at + size..<end
        if case .udp(_, _, let length) = transport, header.fragment == nil, length >= 8 {
            payload = at + size..<min(end, at + length)
        }
        readQuote(view)
    }

    /// Sets `transport` and returns the header's size; nil if the protocol is another one or the header is cut off.
    private mutating func headerSize(_ view: ByteView, _ number: UInt8, _ at: Int) -> Int? {
        switch number {
        case IPProtocol.udp:
            guard let source = view.half(at), let destination = view.half(at + 2), let length = view.half(at + 4) else { break }
            transport = .udp(source: source, destination: destination, length: Int(length))
            return 8
        case IPProtocol.tcp:
            guard let source = view.half(at), let destination = view.half(at + 2), let sequence = view.word(at + 4),
                let size = view.byte(at + 12), let flags = view.byte(at + 13)
            else { break }
            transport = .tcp(source: source, destination: destination, sequence: sequence, flags: flags)
            return max(20, Int(size >> 4) * 4)
        case IPProtocol.icmp, IPProtocol.icmpv6:
            guard let type = view.byte(at), let code = view.byte(at + 1) else { break }
            transport = number == IPProtocol.icmp ? .icmp(type: type, code: code) : .icmpv6(type: type, code: code)
            return 4
        default:
            transport = .other(number)
            return nil
        }
        isMalformed = true
        return nil
    }

    /// An error message repeats the head of the packet that it is about: after 8 bytes, an IP header.
    private mutating func readQuote(_ view: ByteView) {
        let at = payload.lowerBound + 4
        let inner: IPHeader?
        switch transport {
        // Unreachable, quench, redirect, time exceeded, parameter problem (RFC 792).
        case .icmp(let type, _) where [3, 4, 5, 11, 12].contains(type): inner = IPHeader(ipv4: view, at: at)
        // All of ICMPv6's errors (RFC 4443).
        case .icmpv6(let type, _) where (1...4).contains(type): inner = IPHeader(ipv6: view, at: at)
        default: return
        }
        if let inner { quoted = [inner.source, inner.destination] }
    }
}
