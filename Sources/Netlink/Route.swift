import Basics
import CNetlink
import Glibc
import MeshModel

/// A unicast route in the main table by way of an interface, with no gateway or with one.
public struct Route: Sendable, Hashable {
    public let destination: IPPrefix
    /// Index of the interface.
    public let interface: Int32
    /// The next router; nil: the destination is on the link.
    public let gateway: IPAddress?
    /// Who made the route (rtm_protocol): 2 the kernel, 3 boot, 4 static; a program picks a number above 4 to know its own again.
    public let protocolNumber: UInt8

    public init(destination: IPPrefix, interface: Int32, gateway: IPAddress? = nil, protocolNumber: UInt8) {
        self.destination = destination
        self.interface = interface
        self.gateway = gateway
        self.protocolNumber = protocolNumber
    }
}

extension RouteSocket {
    /// The unicast routes of the main table that leave by one interface.
    public func routes() throws(CodedError) -> [Route] {
        try dump("netlink.route-dump", "list the routes", allocate: { rtnl_route_alloc_cache($0, AF_UNSPEC, 0, &$1) }, Self.route)
    }

    /// The routes that leave by that interface.
    public func routes(on interface: Int32) throws(CodedError) -> [Route] {
        try routes().filter { $0.interface == interface }
    }

    /// Adds a route; the same one being there already is no error.
    public func addRoute(_ route: Route) throws(CodedError) {
        try withRoute(route, "add route \(route.destination)") { socket, object in
            let status = rtnl_route_add(socket, object, NLM_F_CREATE | NLM_F_EXCL)
            return status == -NLE_EXIST ? 0 : status
        }
    }

    /// Removes a route; one that is not there is no error.
    public func removeRoute(_ route: Route) throws(CodedError) {
        try withRoute(route, "remove route \(route.destination)") { socket, object in
            let status = rtnl_route_delete(socket, object, 0)
            return status == -NLE_OBJ_NOTFOUND || status == -NLE_NODEV ? 0 : status
        }
    }

    private func withRoute(_ route: Route, _ what: String, _ body: (OpaquePointer, OpaquePointer) -> Int32) throws(CodedError) {
        guard let object = rtnl_route_alloc(), let hop = rtnl_route_nh_alloc(),
            let destination = route.destination.address.netlink(prefixLength: route.destination.length)
        else { throw NetlinkError.outOfMemory("netlink.route", what) }
        defer {
            nl_addr_put(destination)
            rtnl_route_put(object)
        }
        rtnl_route_set_family(object, UInt8(route.destination.address.isIPv4 ? AF_INET : AF_INET6))
        rtnl_route_set_table(object, UInt32(RT_TABLE_MAIN.rawValue))
        rtnl_route_set_protocol(object, route.protocolNumber)
        rtnl_route_set_scope(object, UInt8(route.gateway == nil ? RT_SCOPE_LINK.rawValue : RT_SCOPE_UNIVERSE.rawValue))
        rtnl_route_set_dst(object, destination)
        rtnl_route_nh_set_ifindex(hop, route.interface)
        if let gateway = route.gateway?.netlink(prefixLength: route.destination.address.bitWidth) {
            rtnl_route_nh_set_gateway(hop, gateway)
            nl_addr_put(gateway)
        }
        // The route owns its next hop from here on.
        rtnl_route_add_nexthop(object, hop)
        try exchange("netlink.route", what) { body($0, object) }
    }

    private static func route(_ object: OpaquePointer) -> Route? {
        guard rtnl_route_get_table(object) == UInt32(RT_TABLE_MAIN.rawValue), rtnl_route_get_type(object) == UInt8(RTN_UNICAST),
            rtnl_route_get_nnexthops(object) == 1, let hop = rtnl_route_nexthop_n(object, 0),
            let target = rtnl_route_get_dst(object)
        else { return nil }
        // A default route has a destination without bytes.
        let isIPv4 = rtnl_route_get_family(object) == UInt8(AF_INET)
        let address = IPAddress(netlink: target) ?? (isIPv4 ? .v4(0) : .v6(0, 0))
        guard let destination = IPPrefix(address, length: Int(nl_addr_get_prefixlen(target))) else { return nil }
        return Route(
            destination: destination, interface: rtnl_route_nh_get_ifindex(hop),
            gateway: rtnl_route_nh_get_gateway(hop).flatMap { IPAddress(netlink: $0) },
            protocolNumber: rtnl_route_get_protocol(object))
    }
}
