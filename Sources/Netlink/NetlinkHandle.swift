import Basics
import CNetlink
import Glibc

/// Makes libnl's sockets (`struct nl_sock *`) of descriptors.
enum NetlinkHandle {
    /// Takes over an open netlink socket of any network namespace; closes it on failure.
    ///
    /// - Parameter limit: the longest that one receive may block.
    /// - Throws: `netlink.open`.
    static func adopt(_ descriptor: Int32, _ protocolNumber: Int32, limit: Duration) throws(CodedError) -> OpaquePointer {
        guard let pointer = nl_socket_alloc() else {
            close(descriptor)
            throw CodedError("netlink.open", "out of memory for a netlink socket")
        }
        // The kernel picks the port number; libnl's own choice is unique per process, not per network namespace.
        nl_socket_set_local_port(pointer, 0)
        var address = sockaddr_nl()
        address.nl_family = sa_family_t(AF_NETLINK)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
            }
        }
        let nanoseconds = limit.wholeNanoseconds
        var deadline = timeval(tv_sec: Int(nanoseconds / 1_000_000_000), tv_usec: Int(nanoseconds % 1_000_000_000 / 1_000))
        let limited = setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &deadline, socklen_t(MemoryLayout<timeval>.size))
        guard bound == 0, limited == 0, nl_socket_set_fd(pointer, protocolNumber, descriptor) == 0 else {
            close(descriptor)
            nl_socket_free(pointer)
            throw CodedError("netlink.open", "cannot set up a netlink socket: \(String(cString: strerror(errno)))")
        }
        nl_socket_set_buffer_size(pointer, 1 << 20, 1 << 20)
        return pointer
    }
}
