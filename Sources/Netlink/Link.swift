import Basics
import CNetlink
import Glibc

/// A network interface.
public struct Link: Sendable, Hashable {
    /// The kernel's number for it, unique in its network namespace and never used again soon.
    public let index: Int32
    /// 1…15 bytes.
    public let name: String
    /// Bytes.
    public let mtu: Int
    /// Administratively up (IFF_UP).
    public let isUp: Bool
    /// Up, and so is what it is plugged into (IFF_LOWER_UP).
    public let hasCarrier: Bool
    /// `veth`, `bridge`, `tun`, `wireguard`, …; nil for what has no kind, such as the loopback interface.
    public let kind: String?
    /// The bridge that it is a port of.
    public let master: Int32?
}

extension RouteSocket {
    /// All interfaces of the namespace.
    public func links() throws(CodedError) -> [Link] {
        try dump("netlink.link-dump", "list the interfaces", allocate: { rtnl_link_alloc_cache($0, AF_UNSPEC, &$1) }, Self.link)
    }

    /// The interface of that name, or nil if there is none.
    public func link(named name: String) throws(CodedError) -> Link? {
        var found: Link?
        do {
            try exchange("netlink.link-get", "look up interface \(name)") { socket in
                var result: OpaquePointer?
                let status = rtnl_link_get_kernel(socket, 0, name, &result)
                if status >= 0, let result {
                    found = Self.link(result)
                    rtnl_link_put(result)
                }
                return status == -NLE_NODEV || status == -NLE_OBJ_NOTFOUND ? 0 : status
            }
        }
        return found
    }

    /// Raises or lowers an interface.
    public func setLink(_ index: Int32, up: Bool) throws(CodedError) {
        try change(index, "set interface \(index) \(up ? "up" : "down")") { link in
            if up {
                rtnl_link_set_flags(link, UInt32(IFF_UP.rawValue))
            } else {
                rtnl_link_unset_flags(link, UInt32(IFF_UP.rawValue))
            }
        }
    }

    /// - Parameter mtu: bytes, 68…65535.
    public func setMTU(_ index: Int32, _ mtu: Int) throws(CodedError) {
        try change(index, "set the MTU of interface \(index) to \(mtu)") { rtnl_link_set_mtu($0, UInt32(mtu)) }
    }

    /// Deletes an interface. One that is gone already is no error.
    public func deleteLink(_ index: Int32) throws(CodedError) {
        guard let link = rtnl_link_alloc() else {
            throw NetlinkError.outOfMemory("netlink.link-delete", "delete interface \(index)")
        }
        defer { rtnl_link_put(link) }
        rtnl_link_set_ifindex(link, index)
        try exchange("netlink.link-delete", "delete interface \(index)") {
            let status = rtnl_link_delete($0, link)
            return status == -NLE_NODEV || status == -NLE_OBJ_NOTFOUND ? 0 : status
        }
    }

    func change(_ index: Int32, _ what: String, _ fill: (OpaquePointer) -> Void) throws(CodedError) {
        guard let link = rtnl_link_alloc(), let original = rtnl_link_alloc() else {
            throw NetlinkError.outOfMemory("netlink.link-set", what)
        }
        defer {
            rtnl_link_put(link)
            rtnl_link_put(original)
        }
        rtnl_link_set_ifindex(original, index)
        fill(link)
        try exchange("netlink.link-set", what) { rtnl_link_change($0, original, link, 0) }
    }

    private static func link(_ object: OpaquePointer) -> Link? {
        guard let name = rtnl_link_get_name(object) else { return nil }
        let master = rtnl_link_get_master(object)
        return Link(
            index: rtnl_link_get_ifindex(object), name: String(cString: name), mtu: Int(rtnl_link_get_mtu(object)),
            isUp: rtnl_link_get_flags(object) & UInt32(IFF_UP.rawValue) != 0,
            hasCarrier: rtnl_link_get_flags(object) & 1 << 16 != 0,
            kind: rtnl_link_get_type(object).map { String(cString: $0) }, master: master == 0 ? nil : master)
    }
}
