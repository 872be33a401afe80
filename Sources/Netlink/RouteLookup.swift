import Basics
import CNetlink
import Glibc
import MeshModel

/// The way that the kernel would send a packet.
public struct RoutePath: Sendable, Hashable {
    /// Index of the interface that it leaves by.
    public let interface: Int32
    /// Bytes that the route allows: what was set on it, or what the kernel has learnt of the path (RFC 1191, RFC 8201); nil: as the
    /// interface.
    public let mtu: Int?
}

extension RouteSocket {
    /// How a packet to that address would leave (RTM_GETROUTE); nil if it could not.
    public func path(to address: IPAddress) throws(CodedError) -> RoutePath? {
        guard let destination = address.netlink(prefixLength: address.bitWidth) else {
            throw NetlinkError.outOfMemory("netlink.route-get", "look up the route to \(address)")
        }
        defer { nl_addr_put(destination) }
        var found: RoutePath?
        try exchange("netlink.route-get", "look up the route to \(address)") { socket in
            var result: OpaquePointer?
            let status = rtnl_route_lookup(socket, destination, &result)
            guard status >= 0, let result else {
                // No route, a route that says so, or no such family in this kernel: all of them mean that nothing can be sent.
                return 0
            }
            defer { rtnl_route_put(result) }
            guard rtnl_route_get_nnexthops(result) > 0, let hop = rtnl_route_nexthop_n(result, 0) else { return 0 }
            var mtu: UInt32 = 0
            let hasMTU = rtnl_route_get_metric(result, Int32(RTAX_MTU), &mtu) == 0 && mtu > 0
            found = RoutePath(interface: rtnl_route_nh_get_ifindex(hop), mtu: hasMTU ? Int(mtu) : nil)
            return 0
        }
        return found
    }
}
