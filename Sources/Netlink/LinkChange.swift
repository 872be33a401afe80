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

    /// Deletes interfaces in one go: the kernel waits once for all of them, some ten milliseconds. One that is gone is no error.
    ///
    /// - Parameter group: a number that no other interface of the namespace is marked with, at least 1.
    public func deleteLinks(_ indices: [Int32], group: UInt32) throws(CodedError) {
        let what = "delete \(indices.count) interfaces"
        var isAny = false
        for index in indices {
            guard let link = rtnl_link_alloc(), let original = rtnl_link_alloc() else {
                throw NetlinkError.outOfMemory("netlink.link-delete", what)
            }
            defer {
                rtnl_link_put(link)
                rtnl_link_put(original)
            }
            rtnl_link_set_ifindex(original, index)
            rtnl_link_set_group(link, group)
            try exchange("netlink.link-delete", what) {
                let status = rtnl_link_change($0, original, link, 0)
                if status >= 0 { isAny = true }
                return status == -NLE_NODEV || status == -NLE_OBJ_NOTFOUND ? 0 : status
            }
        }
        // The kernel refuses a group in which nothing is.
        guard isAny else { return }
        guard let message = nlmsg_alloc_simple(Int32(RTM_DELLINK), 0) else {
            throw NetlinkError.outOfMemory("netlink.link-delete", what)
        }
        var header = ifinfomsg()
        guard nlmsg_append(message, &header, MemoryLayout<ifinfomsg>.size, Int32(NLMSG_ALIGNTO)) == 0,
            nla_put_u32(message, Int32(IFLA_GROUP), group) == 0
        else {
            nlmsg_free(message)
            throw NetlinkError.outOfMemory("netlink.link-delete", what)
        }
        try exchange("netlink.link-delete", what) { nl_send_sync($0, message) }
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
