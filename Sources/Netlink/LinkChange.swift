import Basics
import CNetlink
import Glibc

extension RouteSocket {
    /// Makes an interface a port of a bridge, or of none.
    public func setMaster(_ index: Int32, _ bridge: Int32?) throws(CodedError) {
        try change(
            index, bridge.map { "make interface \(index) a port of bridge \($0)" } ?? "take interface \(index) out of its bridge"
        ) {
            rtnl_link_set_master($0, bridge ?? 0)
        }
    }

    /// Gives an interface no IPv6 address of its own making, so that its kernel stays silent on it.
    public func disableAddressGeneration(_ index: Int32) throws(CodedError) {
        try change(index, "keep interface \(index) without IPv6 addresses") {
            rtnl_link_inet6_set_addr_gen_mode($0, UInt8(IN6_ADDR_GEN_MODE_NONE.rawValue))
        }
    }

    /// How many frames' worth of a stream may be handed to an interface as one, 1 to 65535: with 1 the kernel cuts frames before
    /// the interface, as they would be on a wire.
    public func setSegments(_ index: Int32, _ count: Int) throws(CodedError) {
        let what = "set the segments of interface \(index)"
        guard let message = nlmsg_alloc_simple(Int32(RTM_NEWLINK), 0) else {
            throw NetlinkError.outOfMemory("netlink.link-set", what)
        }
        var header = ifinfomsg()
        header.ifi_index = index
        guard nlmsg_append(message, &header, MemoryLayout<ifinfomsg>.size, Int32(NLMSG_ALIGNTO)) == 0,
            nla_put_u32(message, Int32(IFLA_GSO_MAX_SEGS), UInt32(count)) == 0
        else {
            nlmsg_free(message)
            throw NetlinkError.outOfMemory("netlink.link-set", what)
        }
        // Frees the message.
        try exchange("netlink.link-set", what) { nl_send_sync($0, message) }
    }
}
