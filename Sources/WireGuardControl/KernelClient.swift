import Basics
import Glibc
import Netlink
import WireGuardModel

/// Talks to the kernel's WireGuard over generic netlink (include/uapi/linux/wireguard.h).
///
/// Calls block for a few milliseconds: the kernel carries a request out before it answers.
public struct KernelClient: Sendable {
    /// Index of the interface.
    public let interface: Int32
    private let socket: GenericSocket
    private let family: UInt16

    /// - Parameters:
    ///   - interface: index of an interface of kind `wireguard` in the socket's network namespace.
    ///   - socket: nil: one of the caller's network namespace.
    /// - Throws: `netlink.open`, `netlink.generic`, or `wireguard.no-kernel` if the kernel does not answer to WireGuard's protocol.
    public init(interface: Int32, socket: GenericSocket? = nil) throws(CodedError) {
        self.interface = interface
        self.socket = if let socket { socket } else { try GenericSocket() }
        guard let family = try self.socket.family(named: KernelProtocol.family) else {
            throw KernelBackend.missing("it has no netlink family named \(KernelProtocol.family)")
        }
        self.family = family
    }

    /// Reads the device.
    ///
    /// - Throws: `wireguard.errno` for what the kernel refuses, `wireguard.answer` for an answer that is malformed.
    public func read() throws(CodedError) -> WireGuardDevice {
        let messages: [ArraySlice<UInt8>]
        do throws(CodedError) {
            messages = try socket.dump(
                Self.request(KernelProtocol.getRequest(interface: interface)), family: family, limit: KernelProtocol.answerLimit)
        } catch {
            throw Self.explained(error, "read")
        }
        return try KernelProtocol.decodeDevice(messages)
    }

    /// Applies a change, message by message; the first one that is refused ends it.
    ///
    /// - Throws: `wireguard.errno` for what the kernel refuses.
    public func apply(_ change: DeviceChange) throws(CodedError) {
        for request in KernelProtocol.setRequests(change, interface: interface) {
            do throws(CodedError) {
                try socket.perform(Self.request(request), family: family)
            } catch {
                throw Self.explained(error, "configured")
            }
        }
    }

    private static func request(_ request: KernelProtocol.Request) -> GenericSocket.Request {
        GenericSocket.Request(command: request.command, version: KernelProtocol.version, attributes: request.attributes)
    }

    private static func explained(_ error: CodedError, _ what: String) -> CodedError {
        guard let number = (error.cause as? NetlinkErrno)?.number else { return error }
        let advice =
            switch number {
            case ENODEV: ": the interface is gone"
            case EPERM: ": this process may not configure networks (CAP_NET_ADMIN)"
            case EADDRINUSE: ": another program has the UDP port"
            default: ""
            }
        return CodedError("wireguard.errno", "the WireGuard device cannot be \(what): \(NetlinkErrno(number))\(advice)")
    }
}
