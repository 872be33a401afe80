import Basics
import CNetlink
import Glibc
import Synchronization

/// A routing netlink socket (rtnetlink(7)), by way of libnl.
///
/// It acts on the network namespace in which it was opened, whatever the calling thread's own is. Calls are synchronous: the kernel
/// answers each in well under a millisecond, and a lock lets one be under way at a time.
public final class RouteSocket: Sendable {
    /// `NETLINK_ROUTE`, for who opens the socket elsewhere.
    public static let protocolNumber = NETLINK_ROUTE

    private struct Handle: @unchecked Sendable {
        /// `struct nl_sock *`; used under the lock only.
        let pointer: OpaquePointer
    }

    private let handle: Mutex<Handle>

    /// Opens a socket in the caller's network namespace.
    ///
    /// - Throws: `netlink.open`.
    public convenience init() throws(CodedError) {
        let descriptor = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), NETLINK_ROUTE)
        guard descriptor >= 0 else {
            throw CodedError("netlink.open", "cannot open a netlink socket: \(String(cString: strerror(errno)))")
        }
        try self.init(adopting: descriptor)
    }

    /// Takes over an open `AF_NETLINK`, `NETLINK_ROUTE` socket of any network namespace; closes it, also on failure.
    ///
    /// - Throws: `netlink.open`.
    public init(adopting descriptor: Int32) throws(CodedError) {
        let pointer = try NetlinkHandle.adopt(descriptor, NETLINK_ROUTE, limit: .seconds(5))
        handle = Mutex(Handle(pointer: pointer))
    }

    deinit {
        handle.withLock { nl_socket_free($0.pointer) }
    }

    /// Runs one exchange with the kernel; a result below zero is libnl's own error code (NLE_*), not an errno value.
    func exchange(_ code: String, _ what: @autoclosure () -> String, _ body: (OpaquePointer) -> Int32) throws(CodedError) {
        let result = handle.withLock { body($0.pointer) }
        guard result < 0 else { return }
        throw NetlinkError.make(code, what(), result)
    }

    /// Runs an exchange of raw messages.
    func withDescriptor<Result>(_ body: (Int32) -> Result) -> Result {
        handle.withLock { body(nl_socket_get_fd($0.pointer)) }
    }

    /// Dumps a table through a libnl cache and turns each entry into a value; entries that the transform refuses are left out.
    func dump<Value>(
        _ code: String, _ what: String, allocate: (OpaquePointer, inout OpaquePointer?) -> Int32,
        _ transform: (OpaquePointer) -> Value?
    ) throws(CodedError) -> [Value] {
        let outcome = handle.withLock { handle -> (Int32, [Value]) in
            var cache: OpaquePointer?
            let result = allocate(handle.pointer, &cache)
            guard result >= 0, let cache else { return (result, []) }
            defer { nl_cache_free(cache) }
            var values: [Value] = []
            var entry = nl_cache_get_first(cache)
            while let object = entry {
                if let value = transform(object) { values.append(value) }
                entry = nl_cache_get_next(object)
            }
            return (result, values)
        }
        guard outcome.0 >= 0 else { throw NetlinkError.make(code, what, outcome.0) }
        return outcome.1
    }
}

/// Turns libnl's codes into errors.
enum NetlinkError {
    static func make(_ code: String, _ what: String, _ result: Int32) -> CodedError {
        CodedError(code, "cannot \(what): \(String(cString: nl_geterror(result)))")
    }

    static func outOfMemory(_ code: String, _ what: String) -> CodedError {
        CodedError(code, "cannot \(what): out of memory")
    }
}
