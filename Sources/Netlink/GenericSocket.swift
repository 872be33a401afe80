import Basics
import CNetlink
import Glibc
import Synchronization

/// A generic netlink socket (linux/genetlink.h), by way of libnl: requests to a family of the kernel that is found by its name.
///
/// It acts on the network namespace in which it was opened. Calls are synchronous, and a lock lets one be under way at a time.
public final class GenericSocket: Sendable {
    /// `NETLINK_GENERIC`, for who opens the socket elsewhere.
    public static let protocolNumber = NETLINK_GENERIC

    /// A command of a family, with its attributes.
    public struct Request: Sendable {
        public var command: UInt8
        /// Of the family's protocol.
        public var version: UInt8
        public var attributes: [UInt8]

        public init(command: UInt8, version: UInt8, attributes: [UInt8]) {
            self.command = command
            self.version = version
            self.attributes = attributes
        }
    }

    private struct Handle: @unchecked Sendable {
        /// `struct nl_sock *`; used under the lock only.
        let pointer: OpaquePointer
        /// Each exchange has a number of its own, so that a late answer is not taken for another one's.
        var sequence: UInt32 = 0
    }

    private let handle: Mutex<Handle>

    /// How often a dump is tried that somebody changes meanwhile.
    private static let dumpAttempts = 10

    /// Opens a socket in the caller's network namespace.
    ///
    /// - Parameter limit: the longest that the kernel may take for one message.
    /// - Throws: `netlink.open`.
    public convenience init(limit: Duration = .seconds(2)) throws(CodedError) {
        let descriptor = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), NETLINK_GENERIC)
        guard descriptor >= 0 else {
            throw CodedError("netlink.open", "cannot open a generic netlink socket: \(String(cString: strerror(errno)))")
        }
        try self.init(adopting: descriptor, limit: limit)
    }

    /// Takes over an open `AF_NETLINK`, `NETLINK_GENERIC` socket of any network namespace; closes it, also on failure.
    ///
    /// - Throws: `netlink.open`.
    public init(adopting descriptor: Int32, limit: Duration = .seconds(2)) throws(CodedError) {
        handle = Mutex(Handle(pointer: try NetlinkHandle.adopt(descriptor, NETLINK_GENERIC, limit: limit)))
    }

    deinit {
        handle.withLock { nl_socket_free($0.pointer) }
    }

    /// The number of a family, such as `wireguard`; nil if the kernel has none of that name, or has not loaded its module.
    ///
    /// - Throws: `netlink.generic`.
    public func family(named name: String) throws(CodedError) -> UInt16? {
        let result = handle.withLock { genl_ctrl_resolve($0.pointer, name) }
        if result == -NLE_OBJ_NOTFOUND { return nil }
        guard result >= 0 else { throw NetlinkError.make("netlink.generic", "look up the netlink family \(name)", result) }
        return UInt16(truncatingIfNeeded: result)
    }

    /// Has the kernel carry out a request, and waits until it has.
    ///
    /// - Throws: `netlink.generic`; its cause is a `NetlinkErrno`.
    public func perform(_ request: Request, family: UInt16) throws(CodedError) {
        let failure = handle.withLock { handle in
            let message = Self.message(request, family, Int32(NLM_F_ACK), &handle)
            return NetlinkExchange.acknowledged(nl_socket_get_fd(handle.pointer), message, number: handle.sequence)
        }
        if let failure { throw Self.error("carry out a request", failure) }
    }

    /// The attributes of each message that the kernel answers. What changed while it was read is read again.
    ///
    /// - Parameter limit: the most that is read, in bytes.
    /// - Throws: `netlink.generic`; its cause is a `NetlinkErrno`, EMSGSIZE for an answer that is too long.
    public func dump(_ request: Request, family: UInt16, limit: Int) throws(CodedError) -> [ArraySlice<UInt8>] {
        var attempt = 1
        while true {
            let answer = handle.withLock { handle in
                let message = Self.message(request, family, Int32(NLM_F_ROOT | NLM_F_MATCH), &handle)
                return NetlinkExchange.dump(nl_socket_get_fd(handle.pointer), message, limit: limit)
            }
            switch answer {
            // Without struct genlmsghdr.
            case .success(let payloads): return payloads.map { $0.dropFirst(4) }
            case .failure(let failure):
                guard failure.error == EINTR, attempt < Self.dumpAttempts else { throw Self.error("read", failure) }
                attempt += 1
            }
        }
    }

    /// With `struct genlmsghdr`: command, version, nothing.
    private static func message(_ request: Request, _ family: UInt16, _ flags: Int32, _ handle: inout Handle) -> [UInt8] {
        handle.sequence &+= 1
        return NetlinkWriter.message(
            type: family, flags: UInt16(NLM_F_REQUEST | flags), sequence: handle.sequence,
            payload: [request.command, request.version, 0, 0] + request.attributes)
    }

    private static func error(_ what: String, _ failure: NetlinkExchange.Failure) -> CodedError {
        CodedError("netlink.generic", "the kernel did not \(what)", cause: NetlinkErrno(failure.error))
    }
}

/// What the kernel answered: an errno value, as the cause of an error.
public struct NetlinkErrno: Error, Sendable, Hashable, CustomStringConvertible {
    public let number: Int32
    public init(_ number: Int32) { self.number = number }
    public var description: String { String(cString: strerror(number)) }
}
