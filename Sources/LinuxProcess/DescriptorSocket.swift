import Basics
import CLinux
import Glibc

/// One end of a connected Unix socket whose messages may carry open descriptors. Calls block; one reader and one writer at a time.
public final class DescriptorSocket: Sendable {
    public let descriptor: Int32

    /// Owns the descriptor from here on.
    public init(adopting descriptor: Int32) { self.descriptor = descriptor }

    /// Connects to the socket at that path.
    ///
    /// - Throws: `socket.connect`; its cause is an `errno` as `POSIXFailure`.
    public static func connect(to path: String) throws(CodedError) -> DescriptorSocket {
        let descriptor = try UnixAddress.socket()
        guard let result = UnixAddress.with(path, { Glibc.connect(descriptor, $0, $1) }) else {
            close(descriptor)
            throw CodedError("socket.path", "\(path) is too long for a socket: at most \(UnixAddress.limit) bytes")
        }
        guard result == 0 else {
            let reason = errno
            close(descriptor)
            throw CodedError("socket.connect", "cannot connect to \(path): \(errorText(reason))", cause: POSIXFailure(reason))
        }
        return DescriptorSocket(adopting: descriptor)
    }

    /// Two ends that are connected to each other.
    public static func pair() throws(CodedError) -> (DescriptorSocket, DescriptorSocket) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw CodedError("socket.pair", "cannot make a socket: \(errorText(errno))")
        }
        return (DescriptorSocket(adopting: ends[0]), DescriptorSocket(adopting: ends[1]))
    }

    /// Sends all the bytes, with these descriptors. They stay open here.
    ///
    /// - Throws: `socket.closed` if the other end is gone.
    public func send(_ bytes: [UInt8], descriptors: [Int32] = []) throws(CodedError) {
        let error = warren_send_with(descriptor, bytes, bytes.count, descriptors, descriptors.count)
        guard error == 0 else {
            throw CodedError("socket.closed", "cannot send: \(errorText(error))", cause: POSIXFailure(error))
        }
    }

    /// Waits for bytes, at most so many; none: the other end has closed. The caller owns the descriptors.
    ///
    /// - Throws: `socket.closed`; also when `setReceiveLimit` was called and nothing came in time.
    public func receive(atMost limit: Int) throws(CodedError) -> (bytes: [UInt8], descriptors: [Int32]) {
        var length = 0
        var count = 0
        var bytes = [UInt8](repeating: 0, count: limit)
        var descriptors = [Int32](repeating: -1, count: Int(WARREN_PASSING_LIMIT))
        let error = warren_receive_with(descriptor, &bytes, limit, &length, &descriptors, &count)
        guard error == 0 else {
            throw CodedError("socket.closed", "cannot receive: \(errorText(error))", cause: POSIXFailure(error))
        }
        return (Array(bytes[..<length]), Array(descriptors[..<count]))
    }

    /// After it a `receive` that has nothing to give throws; zero: never.
    public func setReceiveLimit(_ limit: Duration) { set(SO_RCVTIMEO, limit) }

    /// After it a `send` that the other end takes nothing of throws; zero: never.
    public func setSendLimit(_ limit: Duration) { set(SO_SNDTIMEO, limit) }

    private func set(_ option: Int32, _ limit: Duration) {
        let whole = limit.components
        var time = timeval(tv_sec: Int(whole.seconds), tv_usec: Int(whole.attoseconds / 1_000_000_000_000))
        setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Wakes whoever receives here, with an end.
    public func shutDown() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// The process at the other end; seen from a client, the one that listens.
    public func peer() -> (pid: Int32, user: UInt32)? {
        var pid: pid_t = 0
        var user: uid_t = 0
        return warren_peer(descriptor, &pid, &user) == 0 ? (pid, user) : nil
    }

    deinit { close(descriptor) }
}

/// An `errno` as the cause of an error.
public struct POSIXFailure: Error, Sendable, Hashable, CustomStringConvertible {
    public let number: Int32
    public init(_ number: Int32) { self.number = number }
    public var description: String { errorText(number) }
}

/// Addresses of Unix sockets.
public enum UnixAddress {
    /// The longest path, in bytes (unix(7)).
    public static let limit = 107

    /// A new stream socket, closed on exec.
    static func socket() throws(CodedError) -> Int32 {
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw CodedError("socket.open", "cannot make a socket: \(errorText(errno))") }
        return descriptor
    }

    /// A socket that listens at that path, which must be free.
    ///
    /// - Throws: `socket.taken` if something is there, `socket.listen`, `socket.path`.
    public static func listen(at path: String) throws(CodedError) -> Int32 {
        let descriptor = try socket()
        guard let result = with(path, { bind(descriptor, $0, $1) }) else {
            close(descriptor)
            throw CodedError("socket.path", "\(path) is too long for a socket: at most \(limit) bytes")
        }
        guard result == 0, Glibc.listen(descriptor, 16) == 0 else {
            let reason = errno
            close(descriptor)
            throw CodedError(
                reason == EADDRINUSE ? "socket.taken" : "socket.listen", "cannot listen at \(path): \(errorText(reason))")
        }
        return descriptor
    }

    /// Calls the body with the address; nil if the path is too long.
    static func with(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32? {
        let bytes = Array(path.utf8)
        guard (1...limit).contains(bytes.count) else { return nil }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }
}
