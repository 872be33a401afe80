import Basics
import CNetlink
import Glibc
import MeshModel

extension RouteSocket {
    /// The unicast routes of the main table that leave by one interface.
    ///
    /// - Throws: `netlink.route-dump`.
    public func routes() throws(CodedError) -> [Route] { try dumpRoutes { _ in true } }

    /// The routes that leave by that interface.
    ///
    /// - Throws: `netlink.route-dump`.
    public func routes(on interface: Int32) throws(CodedError) -> [Route] { try dumpRoutes { $0 == interface } }

    /// How often a dump is begun anew because a route came or went meanwhile.
    private static let attempts = 10

    /// Without libnl's cache, which makes several objects of each route: a mesh of thousands has thousands, and they are looked at often.
    private func dumpRoutes(by isWanted: (Int32) -> Bool) throws(CodedError) -> [Route] {
        var payload = NetlinkWriter()
        // struct rtmsg: any family, nothing else asked for.
        for _ in 0..<3 { payload.word(0) }
        let request = NetlinkWriter.message(
            type: UInt16(RTM_GETROUTE), flags: UInt16(NLM_F_REQUEST | NLM_F_DUMP), sequence: 1, payload: payload.output)
        var error = EINTR
        for _ in 0..<Self.attempts where error == EINTR {
            switch withDescriptor({ NetlinkExchange.dump($0, request) }) {
            case .success(let answers): return answers.compactMap { Self.route($0, by: isWanted) }
            case .failure(let failure): error = failure.error
            }
        }
        throw CodedError("netlink.route-dump", "cannot list the routes: \(String(cString: strerror(error)))")
    }

    /// The route that a message is about (rtnetlink(7)); nil for one of another table or kind, or with more than one way.
    private static func route(_ message: ArraySlice<UInt8>, by isWanted: (Int32) -> Bool) -> Route? {
        let start = message.startIndex
        // struct rtmsg: family, length of destination and source, TOS, table, protocol, scope, type; four bytes of flags.
        guard message.count >= 12, message[start + 7] == UInt8(RTN_UNICAST) else { return nil }
        let isIPv4 = message[start] == UInt8(AF_INET)
        guard isIPv4 || message[start] == UInt8(AF_INET6) else { return nil }
        var table = UInt32(message[start + 4])
        var interface: Int32?
        // A default route has a destination without bytes.
        var destination: IPAddress? = isIPv4 ? .v4(0) : .v6(0, 0)
        var gateway: IPAddress?
        NetlinkReader.eachAttribute(message.dropFirst(12)) { type, value in
            switch type {
            case Int(RTA_TABLE.rawValue): table = UInt32(bitPattern: NetlinkReader.word(value, 0))
            case Int(RTA_OIF.rawValue): interface = NetlinkReader.word(value, 0)
            case Int(RTA_DST.rawValue): destination = IPAddress(bytes: Array(value))
            case Int(RTA_GATEWAY.rawValue): gateway = IPAddress(bytes: Array(value))
            default: break
            }
        }
        guard table == UInt32(RT_TABLE_MAIN.rawValue), let interface, isWanted(interface), let destination,
            let prefix = IPPrefix(destination, length: Int(message[start + 1]))
        else { return nil }
        return Route(destination: prefix, interface: interface, gateway: gateway, protocolNumber: message[start + 5])
    }
}

extension NetlinkReader {
    /// Goes through the attributes of a message: type without its flags, and value. A malformed rest is left out.
    static func eachAttribute(_ bytes: ArraySlice<UInt8>, _ body: (Int, ArraySlice<UInt8>) -> Void) {
        var at = bytes.startIndex
        while at + 4 <= bytes.endIndex {
            let head = UInt32(bitPattern: word(bytes[at...], 0))
            let length = Int(head & 0xffff)
            guard length >= 4, at + length <= bytes.endIndex else { break }
            body(Int(head >> 16) & 0x3fff, bytes[(at + 4)..<(at + length)])
            at += (length + 3) & ~3
        }
    }
}
