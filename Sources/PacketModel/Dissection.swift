import MeshModel

/// What the headers of an Ethernet frame say. Holds for any bytes: what is not understood is left out.
public struct Dissection: Sendable, Hashable {
    public var destination: HardwareAddress
    public var source: HardwareAddress
    /// The VLAN number of the outermost 802.1Q tag, 0 to 4095.
    public var vlan: UInt16?
    /// After all tags; below `EtherType.lowest` it is a length.
    public var etherType: UInt16
    public var arp: ARPHeader?
    public var ip: IPHeader?
    public var transport = Transport.none
    /// Source and destination in the header that an ICMP error quotes; empty for everything else.
    public var quoted: [IPAddress] = []
    /// Where in the frame the bytes after the last understood header lie.
    public var payload: Range<Int>
    /// A header is cut off or contradicts itself; what stands before it is right.
    public var isMalformed = false
}

/// An ARP message for IPv4 over Ethernet (RFC 826).
public struct ARPHeader: Sendable, Hashable {
    /// 1 asks, 2 answers.
    public var operation: UInt16
    public var senderHardware: HardwareAddress
    public var sender: IPAddress
    public var target: IPAddress
}

/// What is common to the headers of IPv4 (RFC 791) and IPv6 (RFC 8200, with its extension headers).
public struct IPHeader: Sendable, Hashable {
    public var source: IPAddress
    public var destination: IPAddress
    /// The protocol of what is carried, after all extension headers (IANA's number).
    public var protocolNumber: UInt8
    /// TTL or hop limit.
    public var hopLimit: UInt8
    /// Nil for a whole packet.
    public var fragment: Fragment?
    /// Where in the frame the bytes after the IP headers lie, without Ethernet's padding.
    public var payload: Range<Int>
}

/// A piece of a packet.
public struct Fragment: Sendable, Hashable {
    /// The same in all pieces of one packet.
    public var identification: UInt32
    /// In bytes, a multiple of 8.
    public var offset: Int
    /// More pieces follow.
    public var more: Bool

    /// The piece that holds the header of the transport protocol.
    public var isFirst: Bool { offset == 0 }
}

/// The header after IP's.
public enum Transport: Sendable, Hashable {
    /// No IP, a later fragment, or a header that is cut off.
    case none
    /// `length` is the header's own: 8 and what is carried.
    case udp(source: UInt16, destination: UInt16, length: Int)
    case tcp(source: UInt16, destination: UInt16, sequence: UInt32, flags: UInt8)
    case icmp(type: UInt8, code: UInt8)
    case icmpv6(type: UInt8, code: UInt8)
    /// Another protocol, by IANA's number.
    case other(UInt8)

    /// UDP's or TCP's ports.
    public var ports: (source: UInt16, destination: UInt16)? {
        switch self {
        case .udp(let source, let destination, _), .tcp(let source, let destination, _, _): (source, destination)
        default: nil
        }
    }
}

/// IANA's numbers of the protocols that are told apart.
public enum IPProtocol {
    public static let icmp: UInt8 = 1
    public static let igmp: UInt8 = 2
    public static let tcp: UInt8 = 6
    public static let udp: UInt8 = 17
    public static let icmpv6: UInt8 = 58
}
