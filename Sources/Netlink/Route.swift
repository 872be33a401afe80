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
}
