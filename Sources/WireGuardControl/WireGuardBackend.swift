import Basics
import WireGuardModel

/// A way to have a WireGuard interface: in the kernel, or by a program in userspace.
///
/// `read` and `apply` block for a few milliseconds; call them where that does no harm.
public protocol WireGuardBackend: Sendable {
    /// For logs and status: `kernel` or `wireguard-go`.
    var name: String { get }
    /// Why it is this one, for logs and status.
    var reason: String { get }
    /// Name of the network interface.
    var interface: String { get }

    /// Makes sure that the interface exists and can be configured; it may be new and without any configuration.
    ///
    /// - Throws: an error whose code starts with `wireguard.`; its message says what to install, switch on or stop.
    func open() async throws(CodedError) -> DeviceOrigin
    /// Reads the configuration and what the device has seen of its peers.
    func read() throws(CodedError) -> WireGuardDevice
    /// Applies a change, in one transaction; over the kernel's protocol a large one takes several (see `KernelProtocol`).
    func apply(_ change: DeviceChange) throws(CodedError)
    /// What the implementation has printed since the last call, a few lines at the most.
    func complaints() -> [String]
    /// Returns when the interface of the last `open` has come to its end by itself, with the reason, or when the task is cancelled.
    func waitForEnd() async -> String
    /// Removes the interface and everything that belongs to it. Takes no longer than three seconds.
    func close() async
}

/// Where an interface came from.
public enum DeviceOrigin: Sendable, Hashable {
    /// It was open already.
    case present
    /// It is new. With the process that serves it, if one does.
    case created(pid: Int32?)
    /// It was left by an earlier run and has been taken over, sessions and all. With the process that serves it, if one does.
    case adopted(pid: Int32?)
}
