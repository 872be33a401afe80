import Basics
import CNetlink
import Glibc

/// One end of a veth pair.
public struct VethEnd: Sendable {
    /// 1…15 bytes.
    public var name: String
    /// A descriptor of the network namespace in which the end is created; nil: the socket's own.
    public var namespace: Int32?
    /// The bridge that it becomes a port of; only in the socket's own namespace.
    public var master: Int32?
    /// Ethernet address; nil: the kernel's choice.
    public var hardwareAddress: [UInt8]?
    /// Raise it at once. Works for the near end only: the kernel refuses it for a peer (ENOTCONN).
    public var up = false

    public init(name: String, namespace: Int32? = nil, master: Int32? = nil, hardwareAddress: [UInt8]? = nil, up: Bool = false) {
        self.name = name
        self.namespace = namespace
        self.master = master
        self.hardwareAddress = hardwareAddress
        self.up = up
    }
}

extension RouteSocket {
    /// Creates a bridge, down.
    public func addBridge(named name: String) throws(CodedError) -> Link {
        guard let bridge = rtnl_link_bridge_alloc() else {
            throw NetlinkError.outOfMemory("netlink.link-add", "create bridge \(name)")
        }
        defer { rtnl_link_put(bridge) }
        rtnl_link_set_name(bridge, name)
        try exchange("netlink.link-add", "create bridge \(name)") { rtnl_link_add($0, bridge, NLM_F_CREATE | NLM_F_EXCL) }
        guard let link = try link(named: name) else { throw CodedError("netlink.link-add", "bridge \(name) vanished") }
        return link
    }

    /// Creates an interface of a kind that needs no more than its name, such as `wireguard`, down. The kernel loads the module for the
    /// kind, if it has one.
    ///
    /// - Throws: `netlink.link-add`; its cause is a `NetlinkErrno`: EOPNOTSUPP for a kind that the kernel does not know.
    public func addLink(named name: String, kind: String) throws(CodedError) -> Link {
        var batch = NetlinkBatch()
        batch.addLink(named: name, kind: kind)
        if let failure = withDescriptor({ NetlinkExchange.acknowledged($0, batch.wire, messages: 1) }) {
            throw CodedError(
                "netlink.link-add", "cannot create interface \(name) of kind \(kind)", cause: NetlinkErrno(failure.error))
        }
        guard let link = try link(named: name) else { throw CodedError("netlink.link-add", "interface \(name) vanished") }
        return link
    }

    /// Creates a veth pair, both ends at once where they belong: creating and then moving an end costs about thirty times as much.
    public func addVeth(near: VethEnd, far: VethEnd, mtu: Int? = nil) throws(CodedError) {
        let what = "create veth pair \(near.name) - \(far.name)"
        guard let link = rtnl_link_veth_alloc(), let peer = rtnl_link_veth_get_peer(link) else {
            throw NetlinkError.outOfMemory("netlink.link-add", what)
        }
        defer {
            rtnl_link_put(peer)
            rtnl_link_put(link)
        }
        fill(link, near, mtu)
        fill(peer, far, mtu)
        try exchange("netlink.link-add", what) { rtnl_link_add($0, link, NLM_F_CREATE | NLM_F_EXCL) }
    }

    private func fill(_ link: OpaquePointer, _ end: VethEnd, _ mtu: Int?) {
        rtnl_link_set_name(link, end.name)
        if let namespace = end.namespace { rtnl_link_set_ns_fd(link, namespace) }
        if let master = end.master { rtnl_link_set_master(link, master) }
        if let mtu { rtnl_link_set_mtu(link, UInt32(mtu)) }
        if end.up { rtnl_link_set_flags(link, UInt32(IFF_UP.rawValue)) }
        if let bytes = end.hardwareAddress, let address = nl_addr_build(AF_UNSPEC, bytes, bytes.count) {
            rtnl_link_set_addr(link, address)
            nl_addr_put(address)
        }
    }
}
