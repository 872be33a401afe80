import Basics
import Glibc
import LinuxProcess
import WireGuardModel

/// Talks to a userspace WireGuard over its configuration socket (the cross-platform interface of wireguard.com/xplatform).
///
/// Calls block for a few milliseconds at most with a living wireguard-go, and never longer than the limit.
public struct UAPIClient: Sendable {
    /// Path of the socket, at most 107 bytes.
    public let path: String
    /// The longest that one read or write may block.
    public let limit: Duration

    public init(path: String, limit: Duration = .seconds(2)) {
        self.path = path
        self.limit = limit
    }

    /// Reads the device.
    ///
    /// - Throws: `uapi.connect`, `uapi.exchange`, or what `UAPI.decodeDevice` throws.
    public func read() throws(CodedError) -> WireGuardDevice {
        try UAPI.decodeDevice(try exchange(UAPI.getRequest))
    }

    /// Applies a change, in one transaction.
    ///
    /// - Throws: `uapi.connect`, `uapi.exchange`, or what `UAPI.checkSetAnswer` throws.
    public func apply(_ change: DeviceChange) throws(CodedError) {
        try UAPI.checkSetAnswer(try exchange(UAPI.setRequest(change)))
    }

    /// The process at the other end of the socket (SO_PEERCRED, unix(7)).
    public func serverProcess() throws(CodedError) -> Int32 {
        let descriptor = try connect()
        defer { close(descriptor) }
        // `struct ucred`, which the C library shows to GNU programs only: process, user and group id.
        var credentials: [Int32] = [0, 0, 0]
        var length = socklen_t(credentials.count * MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0, credentials[0] > 0 else {
            throw CodedError("uapi.connect", "cannot tell who serves \(path): \(errorText(errno))")
        }
        return credentials[0]
    }

    private func exchange(_ request: String) throws(CodedError) -> [UInt8] {
        let descriptor = try connect()
        defer { close(descriptor) }
        var rest = Array(request.utf8)[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if sent < 0, errno == EINTR { continue }
            guard sent > 0 else { throw CodedError("uapi.exchange", "cannot write to \(path): \(errorText(errno))") }
            rest = rest.dropFirst(sent)
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !UAPI.isComplete(answer) {
            let got = recv(descriptor, &buffer, buffer.count, 0)
            if got < 0, errno == EINTR { continue }
            guard got > 0 else {
                let reason = got == 0 ? "it closed the connection" : errorText(errno)
                throw CodedError("uapi.exchange", "no whole answer from \(path): \(reason)")
            }
            answer += buffer[..<got]
            guard answer.count <= UAPI.answerLimit else {
                throw CodedError("uapi.exchange", "the answer from \(path) is longer than \(UAPI.answerLimit) bytes")
            }
        }
        return answer
    }

    private func connect() throws(CodedError) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw CodedError("uapi.connect", "the socket path \(path) is too long")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw CodedError("uapi.connect", "cannot make a socket: \(errorText(errno))") }
        let nanoseconds = limit.wholeNanoseconds
        var timeout = timeval(tv_sec: Int(nanoseconds / 1_000_000_000), tv_usec: Int(nanoseconds % 1_000_000_000 / 1_000))
        let size = socklen_t(MemoryLayout<timeval>.size)
        let isLimited =
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, size) == 0
            && setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, size) == 0
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard isLimited, connected == 0 else {
            let reason = errno
            close(descriptor)
            throw CodedError("uapi.connect", "cannot connect to \(path): \(errorText(reason))")
        }
        return descriptor
    }
}
