import Basics
import CNetlink
import Dispatch
import Glibc

/// Tells when links or addresses of a network namespace change (the multicast groups of rtnetlink(7)), until it is released.
///
/// It says that something changed, not what: whoever wants to know looks.
public final class ChangeWatch: Sendable {
    private struct Source: @unchecked Sendable {
        /// Made in `init` and cancelled in `deinit`, and not touched in between.
        let source: any DispatchSourceRead
    }

    private let source: Source

    /// Opens a socket in the caller's network namespace.
    ///
    /// - Parameter onChange: called on a queue of its own; several changes that come together are told once.
    /// - Throws: `netlink.open`.
    public init(onChange: @escaping @Sendable () -> Void) throws(CodedError) {
        let descriptor = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), NETLINK_ROUTE)
        guard descriptor >= 0 else {
            throw CodedError("netlink.open", "cannot open a netlink socket: \(String(cString: strerror(errno)))")
        }
        var address = sockaddr_nl()
        address.nl_family = sa_family_t(AF_NETLINK)
        address.nl_groups = UInt32(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
            }
        }
        guard bound == 0 else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw CodedError("netlink.open", "cannot listen for changes of addresses: \(reason)")
        }
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: DispatchQueue(label: "warren.changes"))
        source.setEventHandler {
            Self.drain(descriptor)
            onChange()
        }
        source.setCancelHandler { close(descriptor) }
        self.source = Source(source: source)
        source.resume()
    }

    deinit { source.source.cancel() }

    /// Takes in what has come. Bounded: changes that come without end are told in between. Messages that the kernel dropped for want of
    /// room (ENOBUFS) are changes, too.
    private static func drain(_ descriptor: Int32) {
        var buffer = [UInt8](repeating: 0, count: 8_192)
        for _ in 0..<256 {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count <= 0 && errno != ENOBUFS { return }
        }
    }
}
