import MeshModel

extension Dissection {
    /// Reads the headers of an Ethernet frame; nil below 14 bytes.
    public init?(_ frame: UnsafeRawBufferPointer) {
        let view = ByteView(bytes: frame)
        guard let destination = view.hardwareAddress(0), let source = view.hardwareAddress(6), var type = view.half(12) else {
            return nil
        }
        var offset = 14
        var vlan: UInt16?
        var cut = false
        // Two tags at most: what has more is nothing that a lab sends.
        for _ in 0..<2 where type == EtherType.vlan || type == EtherType.serviceVLAN {
            guard let tag = view.half(offset), let next = view.half(offset + 2) else {
                cut = true
                break
            }
            vlan = vlan ?? tag & 0xfff
            type = next
            offset += 4
        }
        self.init(
            destination: destination, source: source, vlan: vlan, etherType: type, payload: offset..<max(offset, frame.count),
            isMalformed: cut)
        guard !cut else { return }
        readNetworkHeader(view, at: offset)
    }

    /// Reads the headers of an Ethernet frame; nil below 14 bytes.
    public init?(_ frame: [UInt8]) {
        guard let result = frame.withUnsafeBytes({ Dissection($0) }) else { return nil }
        self = result
    }

    private mutating func readNetworkHeader(_ view: ByteView, at offset: Int) {
        switch etherType {
        case EtherType.arp:
            arp = ARPHeader(view, at: offset)
            isMalformed = arp == nil
        case EtherType.ipv4, EtherType.ipv6:
            guard let header = etherType == EtherType.ipv4 ? IPHeader(ipv4: view, at: offset) : IPHeader(ipv6: view, at: offset)
            else {
                isMalformed = true
                return
            }
            ip = header
            payload = header.payload
            if header.fragment?.isFirst != false { readTransport(view, header) }
        default: break
        }
    }
}

extension ARPHeader {
    init?(_ view: ByteView, at offset: Int) {
        // Ethernet, IPv4, and the lengths of their addresses.
        guard view.half(offset) == 1, view.half(offset + 2) == EtherType.ipv4, view.half(offset + 4) == 0x0604,
            let operation = view.half(offset + 6), let hardware = view.hardwareAddress(offset + 8),
            let sender = view.address4(offset + 14), let target = view.address4(offset + 24)
        else { return nil }
        self.init(operation: operation, senderHardware: hardware, sender: sender, target: target)
    }
}
