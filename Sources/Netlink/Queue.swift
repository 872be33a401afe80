import Basics
import CNetlink
import Glibc

/// A queueing discipline at the root of an interface, by which frames wait before they are sent.
public enum QueueDiscipline: Sendable, Hashable {
    /// tc-tbf(8).
    case tokenBucket(TokenBucketQueue)
    /// tc-netem(8).
    case netem(NetemQueue)
    /// Any other, by its kind.
    case other(String)
}

/// A token bucket filter.
public struct TokenBucketQueue: Sendable, Hashable {
    /// Bytes per second, 1 to 2³¹ - 1.
    public var rate: Int
    /// Bytes that may pass at once. The kernel keeps it as a time; what is read back may differ by a per cent.
    public var burst: Int
    /// Bytes that may wait or pass.
    public var limit: Int

    public init(rate: Int, burst: Int, limit: Int) {
        self.rate = rate
        self.burst = burst
        self.limit = limit
    }
}

/// A network emulator. Shares are of 2³² - 1.
public struct NetemQueue: Sendable, Hashable {
    /// Microseconds.
    public var delay = 0
    /// Microseconds.
    public var jitter = 0
    public var loss: UInt32 = 0
    public var duplicate: UInt32 = 0
    public var reorder: UInt32 = 0
    public var corrupt: UInt32 = 0
    /// Packets that may wait.
    public var limit = 10_000

    public init() {}
}

/// What the kernel says of a root queue.
public struct QueueReading: Sendable, Hashable {
    public let discipline: QueueDiscipline
    /// Packets sent since it was made.
    public let packets: UInt64
    /// Packets dropped since it was made.
    public let drops: UInt64
}

extension RouteSocket {
    /// Puts a discipline at the root of an interface, in the place of whatever is there.
    ///
    /// - Throws: `netlink.queue`; the kernel may lack the discipline.
    public func setRootQueue(_ index: Int32, _ discipline: QueueDiscipline) throws(CodedError) {
        let what = "set the queue of interface \(index)"
        guard let queue = QueueObject.make(index, discipline) else { throw NetlinkError.outOfMemory("netlink.queue", what) }
        defer { rtnl_qdisc_put(queue) }
        try exchange("netlink.queue", what) { rtnl_qdisc_add($0, queue, NLM_F_CREATE | NLM_F_REPLACE) }
    }

    /// Gives an interface back the queue that it has by default. One without a queue is no error.
    public func removeRootQueue(_ index: Int32) throws(CodedError) {
        let what = "remove the queue of interface \(index)"
        guard let queue = rtnl_qdisc_alloc() else { throw NetlinkError.outOfMemory("netlink.queue", what) }
        defer { rtnl_qdisc_put(queue) }
        rtnl_tc_set_ifindex(queue, index)
        rtnl_tc_set_parent(queue, QueueObject.root)
        try exchange("netlink.queue", what) {
            let status = rtnl_qdisc_delete($0, queue)
            let isGone = [NLE_OBJ_NOTFOUND, NLE_NODEV, NLE_INVAL].contains { status == -Int32($0) }
            return isGone ? 0 : status
        }
    }

    /// The root queues of all interfaces, by interface.
    public func rootQueues() throws(CodedError) -> [Int32: QueueReading] {
        let all = try dump("netlink.queue-dump", "list the queues", allocate: { rtnl_qdisc_alloc_cache($0, &$1) }) { object in
            QueueObject.read(object)
        }
        return Dictionary(all, uniquingKeysWith: { first, _ in first })
    }
}

/// Values to and from libnl's `struct rtnl_qdisc`.
enum QueueObject {
    /// `TC_H_ROOT`.
    static let root: UInt32 = 0xffff_ffff

    /// To be released by the caller.
    static func make(_ index: Int32, _ discipline: QueueDiscipline) -> OpaquePointer? {
        guard let queue = rtnl_qdisc_alloc() else { return nil }
        rtnl_tc_set_ifindex(queue, index)
        rtnl_tc_set_parent(queue, root)
        switch discipline {
        case .tokenBucket(let bucket):
            rtnl_tc_set_kind(queue, "tbf")
            rtnl_qdisc_tbf_set_limit(queue, Int32(clamping: bucket.limit))
            rtnl_qdisc_tbf_set_rate(queue, Int32(clamping: bucket.rate), Int32(clamping: bucket.burst), 0)
        case .netem(let netem):
            rtnl_tc_set_kind(queue, "netem")
            rtnl_netem_set_limit(queue, Int32(clamping: netem.limit))
            rtnl_netem_set_delay(queue, Int32(clamping: netem.delay))
            rtnl_netem_set_jitter(queue, Int32(clamping: netem.jitter))
            rtnl_netem_set_loss(queue, Int32(bitPattern: netem.loss))
            rtnl_netem_set_duplicate(queue, Int32(bitPattern: netem.duplicate))
            rtnl_netem_set_corruption_probability(queue, Int32(bitPattern: netem.corrupt))
            // Without a gap the kernel reorders nothing.
            rtnl_netem_set_gap(queue, netem.reorder > 0 ? 1 : 0)
            rtnl_netem_set_reorder_probability(queue, Int32(bitPattern: netem.reorder))
        case .other(let kind):
            rtnl_tc_set_kind(queue, kind)
        }
        return queue
    }

    /// The message that asks the kernel for it, for tests of what this kernel may lack. Empty: libnl refused.
    static func request(_ index: Int32, _ discipline: QueueDiscipline) -> [UInt8] {
        guard let queue = make(index, discipline) else { return [] }
        defer { rtnl_qdisc_put(queue) }
        var message: OpaquePointer?
        guard rtnl_qdisc_build_add_request(queue, NLM_F_CREATE | NLM_F_REPLACE, &message) == 0, let message,
            let header = nlmsg_hdr(message)
        else { return [] }
        defer { nlmsg_free(message) }
        return Array(UnsafeRawBufferPointer(start: header, count: Int(header.pointee.nlmsg_len)))
    }

    /// Nil for one that is not at the root.
    static func read(_ object: OpaquePointer) -> (Int32, QueueReading)? {
        guard rtnl_tc_get_parent(object) == root, let name = rtnl_tc_get_kind(object) else { return nil }
        let discipline: QueueDiscipline
        switch String(cString: name) {
        case "tbf":
            discipline = .tokenBucket(
                TokenBucketQueue(
                    rate: Int(rtnl_qdisc_tbf_get_rate(object)), burst: Int(rtnl_qdisc_tbf_get_rate_bucket(object)),
                    limit: Int(rtnl_qdisc_tbf_get_limit(object))))
        case "netem": discipline = .netem(netem(object))
        case let kind: discipline = .other(kind)
        }
        return (
            rtnl_tc_get_ifindex(object),
            QueueReading(
                discipline: discipline, packets: rtnl_tc_get_stat(object, RTNL_TC_PACKETS),
                drops: rtnl_tc_get_stat(object, RTNL_TC_DROPS))
        )
    }

    private static func netem(_ object: OpaquePointer) -> NetemQueue {
        var queue = NetemQueue()
        queue.limit = Int(rtnl_netem_get_limit(object))
        queue.delay = Int(max(0, rtnl_netem_get_delay(object)))
        queue.jitter = Int(max(0, rtnl_netem_get_jitter(object)))
        // What was not sent reads as -NLE_NOATTR, which as a share is nearly one.
        func share(_ value: Int32) -> UInt32 { value == -Int32(NLE_NOATTR) ? 0 : UInt32(bitPattern: value) }
        queue.loss = share(rtnl_netem_get_loss(object))
        queue.duplicate = share(rtnl_netem_get_duplicate(object))
        queue.reorder = share(rtnl_netem_get_reorder_probability(object))
        queue.corrupt = share(rtnl_netem_get_corruption_probability(object))
        return queue
    }
}
