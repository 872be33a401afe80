import Basics
import CNetlink
import Glibc
import MeshModel

/// An address on an interface.
public struct InterfaceAddress: Sendable, Hashable {
    public let address: IPAddress
    /// 0…32 or 0…128.
    public let prefixLength: Int
    /// Index of the interface.
    public let interface: Int32

    public init(address: IPAddress, prefixLength: Int, interface: Int32) {
        self.address = address
        self.prefixLength = prefixLength
        self.interface = interface
    }
}

extension RouteSocket {
    /// All addresses of the namespace.
    public func addresses() throws(CodedError) -> [InterfaceAddress] {
        try dump("netlink.address-dump", "list the addresses", allocate: { rtnl_addr_alloc_cache($0, &$1) }) { object in
            guard let local = rtnl_addr_get_local(object), let address = IPAddress(netlink: local) else { return nil }
            return InterfaceAddress(
                address: address, prefixLength: Int(rtnl_addr_get_prefixlen(object)), interface: rtnl_addr_get_ifindex(object))
        }
    }

    /// Adds an address; one that is there already is no error. IPv6 addresses skip duplicate detection: they are usable at once.
    public func addAddress(_ address: InterfaceAddress) throws(CodedError) {
        try withAddress(address, "add \(address.address)/\(address.prefixLength) to interface \(address.interface)") {
            socket, object in
            let status = rtnl_addr_add(socket, object, NLM_F_CREATE)
            return status == -NLE_EXIST ? 0 : status
        }
    }

    /// Removes an address; one that is not there is no error.
    public func removeAddress(_ address: InterfaceAddress) throws(CodedError) {
        try withAddress(address, "remove \(address.address) from interface \(address.interface)") { socket, object in
            let status = rtnl_addr_delete(socket, object, 0)
            return status == -NLE_OBJ_NOTFOUND || status == -NLE_NOADDR || status == -NLE_NODEV ? 0 : status
        }
    }

    private func withAddress(
        _ address: InterfaceAddress, _ what: String, _ body: (OpaquePointer, OpaquePointer) -> Int32
    ) throws(CodedError) {
        guard let object = rtnl_addr_alloc(), let local = address.address.netlink(prefixLength: address.prefixLength) else {
            throw NetlinkError.outOfMemory("netlink.address", what)
        }
        defer {
            nl_addr_put(local)
            rtnl_addr_put(object)
        }
        rtnl_addr_set_ifindex(object, address.interface)
        rtnl_addr_set_local(object, local)
        if !address.address.isIPv4 { rtnl_addr_set_flags(object, UInt32(IFA_F_NODAD)) }
        try exchange("netlink.address", what) { body($0, object) }
    }
}

extension IPAddress {
    /// From libnl's `struct nl_addr`; nil for another family.
    init?(netlink address: OpaquePointer) {
        guard let bytes = nl_addr_get_binary_addr(address) else { return nil }
        let count = Int(nl_addr_get_len(address))
        self.init(bytes: Array(UnsafeRawBufferPointer(start: bytes, count: count)))
    }

    /// As libnl's `struct nl_addr`, to be released by the caller.
    func netlink(prefixLength: Int) -> OpaquePointer? {
        let address = nl_addr_build(isIPv4 ? AF_INET : AF_INET6, bytes, bytes.count)
        if let address { nl_addr_set_prefixlen(address, Int32(prefixLength)) }
        return address
    }
}
