import Basics
import CNetlink
import Glibc
import MeshModel

/// Several changes of one namespace, sent to the kernel at once and done in order: a system call for all of them.
///
/// Interfaces are named by number, so that a batch can make an interface and use it. A failing change does not keep those after it from
/// being made.
public struct NetlinkBatch: Sendable {
    private(set) var bytes: [UInt8] = []
    /// What each message is about, for errors.
    private(set) var subjects: [String] = []
    private var starts: [Int] = []

    public init() {}

    public var isEmpty: Bool { starts.isEmpty }

    /// Raises or lowers an interface.
    public mutating func setLink(_ index: Int32, up: Bool) {
        add(RTM_NEWLINK, "set interface \(index) \(up ? "up" : "down")") {
            $0.linkHeader(index: index, flags: up ? IFF_UP.rawValue : 0, change: IFF_UP.rawValue)
        }
    }

    /// - Parameter mtu: bytes, 68…65535.
    public mutating func setMTU(_ index: Int32, _ mtu: Int) {
        add(RTM_NEWLINK, "set the MTU of interface \(index) to \(mtu)") {
            $0.linkHeader(index: index)
            $0.attribute(Int(IFLA_MTU), UInt32(mtu))
        }
    }

    /// Makes an interface a port of a bridge.
    public mutating func setMaster(_ index: Int32, _ master: Int32) {
        add(RTM_NEWLINK, "make interface \(index) a port") {
            $0.linkHeader(index: index)
            $0.attribute(Int(IFLA_MASTER), UInt32(bitPattern: master))
        }
    }

    /// Keeps the kernel from giving the interface a link-local IPv6 address, which it would first check for duplicates for a second.
    public mutating func leaveOutLinkLocalAddress(_ index: Int32) {
        add(RTM_NEWLINK, "set the address generation of interface \(index)") {
            $0.linkHeader(index: index)
            $0.nested(Int(IFLA_AF_SPEC)) { families in
                families.nested(Int(AF_INET6)) { $0.attribute(8 /* IFLA_INET6_ADDR_GEN_MODE */, [1 /* none */]) }
            }
        }
    }

    /// Puts an interface into a group, so that it can be deleted with others at once.
    public mutating func setGroup(_ index: Int32, _ group: UInt32) {
        add(RTM_NEWLINK, "put interface \(index) into a group") {
            $0.linkHeader(index: index)
            $0.attribute(Int(IFLA_GROUP), group)
        }
    }

    /// Deletes all interfaces of a group.
    public mutating func deleteGroup(_ group: UInt32) {
        add(RTM_DELLINK, "delete interfaces") {
            $0.linkHeader(index: 0)
            $0.attribute(Int(IFLA_GROUP), group)
        }
    }

    /// Creates a bridge that forwards at once (no spanning tree), and floods multicast instead of learning who listens.
    public mutating func addBridge(_ index: Int32, name: String, mtu: Int) {
        add(RTM_NEWLINK, "create bridge \(name)", flags: NLM_F_CREATE | NLM_F_EXCL) {
            $0.linkHeader(index: index, flags: IFF_UP.rawValue, change: IFF_UP.rawValue)
            $0.attribute(Int(IFLA_IFNAME), name)
            $0.attribute(Int(IFLA_MTU), UInt32(mtu))
            $0.nested(Int(IFLA_LINKINFO)) { info in
                info.attribute(Int(IFLA_INFO_KIND), "bridge")
                info.nested(Int(IFLA_INFO_DATA)) { data in
                    data.attribute(Int(IFLA_BR_FORWARD_DELAY), UInt32(0))
                    data.attribute(Int(IFLA_BR_STP_STATE), UInt32(0))
                    data.attribute(Int(IFLA_BR_MCAST_SNOOPING), [0])
                }
            }
        }
    }

    /// Creates a veth pair, both ends where they belong. The near end has the given number in this namespace, the far one in its own.
    public mutating func addVeth(near: VethEnd, _ nearIndex: Int32, far: VethEnd, _ farIndex: Int32, mtu: Int) {
        add(RTM_NEWLINK, "create veth pair \(near.name) - \(far.name)", flags: NLM_F_CREATE | NLM_F_EXCL) {
            $0.veth(near, nearIndex, mtu)
            $0.nested(Int(IFLA_LINKINFO)) { info in
                info.attribute(Int(IFLA_INFO_KIND), "veth")
                info.nested(Int(IFLA_INFO_DATA)) { data in data.nested(1 /* VETH_INFO_PEER */) { $0.veth(far, farIndex, mtu) } }
            }
        }
    }

    /// Creates an interface of a kind that needs no more than its name, such as `wireguard`.
    public mutating func addLink(named name: String, kind: String) {
        add(RTM_NEWLINK, "create interface \(name) of kind \(kind)", flags: NLM_F_CREATE | NLM_F_EXCL) {
            $0.linkHeader(index: 0)
            $0.attribute(Int(IFLA_IFNAME), name)
            $0.nested(Int(IFLA_LINKINFO)) { $0.attribute(Int(IFLA_INFO_KIND), kind) }
        }
    }

    /// Adds an address. IPv6 addresses skip duplicate detection: they are usable at once.
    public mutating func addAddress(_ address: InterfaceAddress) {
        addressMessage(RTM_NEWADDR, "add \(address.address)/\(address.prefixLength)", NLM_F_CREATE | NLM_F_EXCL, address)
    }

    /// Removes an address.
    public mutating func removeAddress(_ address: InterfaceAddress) {
        addressMessage(RTM_DELADDR, "remove \(address.address)/\(address.prefixLength)", 0, address)
    }

    /// Adds a route of the main table, or replaces the one to the same destination.
    public mutating func setRoute(_ route: Route) {
        let isIPv4 = route.destination.address.isIPv4
        add(RTM_NEWROUTE, "add route \(route.destination)", flags: NLM_F_CREATE | NLM_F_REPLACE) {
            let scope = route.gateway == nil && isIPv4 ? RT_SCOPE_LINK.rawValue : RT_SCOPE_UNIVERSE.rawValue
            $0.bytes([UInt8(isIPv4 ? AF_INET : AF_INET6), UInt8(route.destination.length), 0, 0])
            $0.bytes([UInt8(RT_TABLE_MAIN.rawValue), route.protocolNumber, UInt8(scope), UInt8(RTN_UNICAST)])
            $0.word(0)
            if route.destination.length > 0 { $0.attribute(Int(RTA_DST.rawValue), route.destination.address.bytes) }
            if let gateway = route.gateway { $0.attribute(Int(RTA_GATEWAY.rawValue), gateway.bytes) }
            $0.attribute(Int(RTA_OIF.rawValue), UInt32(bitPattern: route.interface))
        }
    }

    private mutating func addressMessage(_ type: Int, _ subject: String, _ flags: Int32, _ address: InterfaceAddress) {
        let isIPv4 = address.address.isIPv4
        add(type, "\(subject) on interface \(address.interface)", flags: flags) {
            // IFA_F_NODAD is 2; the scope of fe80::/10 is the link.
            let scope = address.address.isLinkLocal ? RT_SCOPE_LINK.rawValue : RT_SCOPE_UNIVERSE.rawValue
            $0.bytes([UInt8(isIPv4 ? AF_INET : AF_INET6), UInt8(address.prefixLength), isIPv4 ? 0 : 2, UInt8(scope)])
            $0.word(UInt32(bitPattern: address.interface))
            $0.attribute(Int(IFA_LOCAL), address.address.bytes)
            $0.attribute(Int(IFA_ADDRESS), address.address.bytes)
        }
    }

    private mutating func add(_ type: Int, _ subject: String, flags: Int32 = 0, _ fill: (inout NetlinkWriter) -> Void) {
        var writer = NetlinkWriter()
        fill(&writer)
        starts.append(bytes.count)
        subjects.append(subject)
        bytes += NetlinkWriter.message(
            type: UInt16(type), flags: UInt16(NLM_F_REQUEST | flags), sequence: UInt32(starts.count), payload: writer.output)
    }

    /// With an acknowledgement asked for the last message alone: errors of the others are reported anyway.
    var wire: [UInt8] {
        var wire = bytes
        if let last = starts.last { wire[last + 6] |= UInt8(NLM_F_ACK) }
        return wire
    }
}

extension RouteSocket {
    /// Sends the batch and waits until all of it is done.
    ///
    /// - Throws: `netlink.batch` with the first change that failed.
    public func perform(_ batch: NetlinkBatch) throws(CodedError) {
        guard !batch.isEmpty else { return }
        let outcome = withDescriptor { NetlinkExchange.acknowledged($0, batch.wire, messages: batch.subjects.count) }
        guard let failure = outcome else { return }
        let subject = batch.subjects.indices.contains(failure.message) ? batch.subjects[failure.message] : "talk to the kernel"
        throw CodedError("netlink.batch", "cannot \(subject): \(String(cString: strerror(failure.error)))")
    }
}
