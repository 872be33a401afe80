/// A kind of packet that may appear on the wire.
public enum ExpectedTraffic: Sendable, Hashable {
    /// UDP from or to this port, whatever it carries.
    case udp(port: UInt16)
    /// TCP from or to this port.
    case tcp(port: UInt16)
    /// UDP that has the form of a WireGuard message; from or to this port, or any (behind NAT) if nil.
    case wireGuard(port: UInt16?)
    case arp
    /// Neighbour discovery with router solicitations and advertisements (RFC 4861): ICMPv6 types 133 to 137.
    case neighbourDiscovery
    /// Who listens to which multicast group: MLD (RFC 3810) and IGMP (RFC 3376).
    case multicastListener
    /// ICMP and ICMPv6 of that type; nil: of any.
    case icmp(type: UInt8?)
    /// Another protocol over IP, by IANA's number.
    case ipProtocol(UInt8)
    /// Another protocol over Ethernet.
    case etherType(UInt16)

    /// What every IPv4 and IPv6 stack says without being asked.
    public static let housekeeping: [ExpectedTraffic] = [.arp, .neighbourDiscovery, .multicastListener]

    /// Whether the packet is of this kind.
    ///
    /// - Parameter message: the WireGuard message that the packet has the form of.
    public func allows(_ packet: Dissection, _ message: WireGuardMessage?) -> Bool {
        switch self {
        case .arp: packet.arp != nil
        case .etherType(let type): packet.etherType == type
        case .ipProtocol(let number): packet.ip?.protocolNumber == number
        case .udp(let port):
            if case .udp(let source, let destination, _) = packet.transport {
                source == port || destination == port
            } else {
                false
            }
        case .tcp(let port):
            if case .tcp(let source, let destination, _, _) = packet.transport {
                source == port || destination == port
            } else {
                false
            }
        case .wireGuard(let port):
            if message != nil, let ports = packet.transport.ports {
                port == nil || ports.source == port || ports.destination == port
            } else {
                false
            }
        case .icmp(let type): packet.isICMP { type == nil || $0 == type }
        case .neighbourDiscovery: packet.isICMPv6 { (133...137).contains($0) }
        case .multicastListener:
            packet.ip?.protocolNumber == IPProtocol.igmp || packet.isICMPv6 { (130...132).contains($0) || $0 == 143 }
        }
    }
}

extension Dissection {
    fileprivate func isICMPv6(_ matches: (UInt8) -> Bool) -> Bool {
        if case .icmpv6(let type, _) = transport { matches(type) } else { false }
    }

    fileprivate func isICMP(_ matches: (UInt8) -> Bool) -> Bool {
        if case .icmp(let type, _) = transport { matches(type) } else { isICMPv6(matches) }
    }

    /// What the packet is, in a word or two, so that packets of one kind have one label: `udp/53`, `icmp/8`, `ethertype 0x88cc`.
    var label: String {
        switch transport {
        // Of two ports, the lower one is most likely that of the service.
        case .udp(let source, let destination, _): return "udp/\(min(source, destination))"
        case .tcp(let source, let destination, _, _): return "tcp/\(min(source, destination))"
        case .icmp(let type, _): return "icmp/\(type)"
        case .icmpv6(let type, _): return "icmpv6/\(type)"
        case .other(let number): return "ip protocol \(number)"
        case .none: break
        }
        if let ip { return ip.fragment == nil ? "malformed ip protocol \(ip.protocolNumber)" : "fragment without a beginning" }
        if arp != nil { return "arp" }
        if etherType < EtherType.lowest { return "802.3 frame" }
        return (isMalformed ? "malformed ethertype 0x" : "ethertype 0x") + String(etherType, radix: 16)
    }
}
