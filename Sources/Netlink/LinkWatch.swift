import Basics
import CNetlink
import Dispatch
import Glibc
import Timing

/// Notices when an interface goes: deleted, or moved into another network namespace.
///
/// Listens to what rtnetlink tells about interfaces (RTNLGRP_LINK), in the network namespace of whoever made it.
public final class LinkWatch: Sendable {
    /// Index of the interface.
    public let index: Int32
    private let end = OneShot<Bool>()
    /// Dispatch sources may be used from any thread; the type only does not say so. It closes the socket when it is done.
    private nonisolated(unsafe) let source: any DispatchSourceRead

    private static let queue = DispatchQueue(label: "warren.link-watch")

    /// Watches the interface from here on; one that is gone already has ended.
    ///
    /// - Throws: `netlink.open`.
    public init(index: Int32) throws(CodedError) {
        self.index = index
        let descriptor = try Self.subscribe()
        source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: Self.queue)
        source.setCancelHandler { close(descriptor) }
        source.setEventHandler { [weak self] in
            guard let self, Self.tellsOfEnd(descriptor, index) else { return }
            source.cancel()
            end.set(true)
        }
        source.resume()
        // What happened before the subscription is not told.
        if !Self.exists(index) { end.set(true) }
    }

    deinit { source.cancel() }

    /// Whether the interface has gone.
    public var hasEnded: Bool { end.current != nil }

    /// Returns when the interface has gone or the task is cancelled.
    public func waitForEnd() async { _ = await end.value() }

    private static func subscribe() throws(CodedError) -> Int32 {
        let flags = Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_NETLINK, flags, NETLINK_ROUTE)
        guard descriptor >= 0 else {
            throw CodedError("netlink.open", "cannot open a netlink socket: \(String(cString: strerror(errno)))")
        }
        var address = sockaddr_nl()
        address.nl_family = sa_family_t(AF_NETLINK)
        address.nl_groups = 1 << (RTNLGRP_LINK.rawValue - 1)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
            }
        }
        guard bound == 0 else {
            let reason = errno
            close(descriptor)
            throw CodedError("netlink.open", "cannot listen to changes of interfaces: \(String(cString: strerror(reason)))")
        }
        return descriptor
    }

    /// Reads all that is there. What came too fast to be kept (ENOBUFS) is made up for by a look.
    private static func tellsOfEnd(_ descriptor: Int32, _ index: Int32) -> Bool {
        while true {
            let news = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
                count = max(0, recv(descriptor, buffer.baseAddress, buffer.count, 0))
            }
            guard !news.isEmpty else { return errno == ENOBUFS ? !exists(index) : false }
            let isTold = NetlinkReader.messages(news).contains { message in
                // struct ifinfomsg: family, type, index. With its own family a bridge tells of a port that leaves it.
                message.type == UInt16(RTM_DELLINK) && message.payload.first == UInt8(AF_UNSPEC)
                    && NetlinkReader.word(message.payload, 4) == index
            }
            if isTold { return true }
        }
    }

    private static func exists(_ index: Int32) -> Bool {
        var name = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
        return if_indextoname(UInt32(bitPattern: index), &name) != nil
    }
}
