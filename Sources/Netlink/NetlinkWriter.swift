import CNetlink
import Glibc

/// Writes netlink messages (netlink(7)) in the machine's own byte order.
struct NetlinkWriter {
    private(set) var output: [UInt8] = []

    /// A whole message with its header.
    static func message(type: UInt16, flags: UInt16, sequence: UInt32, payload: [UInt8]) -> [UInt8] {
        var writer = NetlinkWriter()
        writer.word(UInt32(16 + payload.count))
        writer.half(type)
        writer.half(flags)
        writer.word(sequence)
        writer.word(0)
        writer.output += payload
        writer.pad()
        return writer.output
    }

    mutating func bytes(_ bytes: [UInt8]) { output += bytes }
    mutating func half(_ value: UInt16) { withUnsafeBytes(of: value) { output += $0 } }
    mutating func word(_ value: UInt32) { withUnsafeBytes(of: value) { output += $0 } }

    mutating func attribute(_ type: Int, _ value: [UInt8]) {
        half(UInt16(4 + value.count))
        half(UInt16(type))
        output += value
        pad()
    }

    mutating func attribute(_ type: Int, _ value: UInt32) { attribute(type, withUnsafeBytes(of: value) { Array($0) }) }

    /// Text with its zero byte.
    mutating func attribute(_ type: Int, _ value: String) { attribute(type, Array(value.utf8) + [0]) }

    mutating func nested(_ type: Int, _ fill: (inout NetlinkWriter) -> Void) {
        var inner = NetlinkWriter()
        fill(&inner)
        attribute(type, inner.output)
    }

    /// `struct ifinfomsg`.
    mutating func linkHeader(index: Int32, flags: UInt32 = 0, change: UInt32 = 0) {
        word(0)
        word(UInt32(bitPattern: index))
        word(flags)
        word(change)
    }

    /// What describes one end of a veth pair.
    mutating func veth(_ end: VethEnd, _ index: Int32, _ mtu: Int) {
        let up = UInt32(IFF_UP.rawValue)
        linkHeader(index: index, flags: end.up ? up : 0, change: end.up ? up : 0)
        attribute(Int(IFLA_IFNAME), end.name)
        attribute(Int(IFLA_MTU), UInt32(mtu))
        if let namespace = end.namespace { attribute(Int(IFLA_NET_NS_FD), UInt32(bitPattern: namespace)) }
        if let master = end.master { attribute(Int(IFLA_MASTER), UInt32(bitPattern: master)) }
        if let address = end.hardwareAddress { attribute(Int(IFLA_ADDRESS), address) }
    }

    private mutating func pad() {
        while output.count % 4 != 0 { output.append(0) }
    }
}
