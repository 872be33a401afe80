import Basics
import LinuxProcess
import Synchronization
import WireGuardModel

/// The kernel's WireGuard where there is one, else wireguard-go. Decided when it is first opened, and kept.
public final class AutomaticBackend: WireGuardBackend {
    public let interface: String
    private let userspaceLog: String
    private let chosen = Mutex<(any WireGuardBackend)?>(nil)

    /// - Parameters:
    ///   - interface: 1…15 bytes, see `UserspaceBackend.isPossible`.
    ///   - logFile: where wireguard-go prints to, if it is used.
    public init(interface: String, logFile: String) {
        self.interface = interface
        userspaceLog = logFile
    }

    private var current: (any WireGuardBackend)? { chosen.withLock { $0 } }

    public var name: String { current?.name ?? "none yet" }
    public var reason: String { current?.reason ?? "not opened yet" }

    public func open() async throws(CodedError) -> DeviceOrigin {
        if let current { return try await current.open() }
        let left = UserspaceBackend(interface: interface, logFile: userspaceLog, reason: WireGuardBackendReason.left)
        if left.isServed { return try await openFirst(left) }
        do throws(CodedError) {
            return try await openFirst(KernelBackend(interface: interface, reason: WireGuardBackendReason.kernel))
        } catch {
            guard let reason = WireGuardBackendReason.userspace(after: error) else { throw error }
            return try await openUserspace(reason)
        }
    }

    private func openFirst(_ backend: any WireGuardBackend) async throws(CodedError) -> DeviceOrigin {
        let origin = try await backend.open()
        chosen.withLock { $0 = backend }
        return origin
    }

    private func openUserspace(_ reason: String) async throws(CodedError) -> DeviceOrigin {
        do throws(CodedError) {
            return try await openFirst(UserspaceBackend(interface: interface, logFile: userspaceLog, reason: reason))
        } catch {
            throw error.code == UserspaceBackend.notInstalled.code
                ? CodedError(error.code, "\(reason), and \(error.message)", cause: error.cause) : error
        }
    }

    private func opened() throws(CodedError) -> any WireGuardBackend {
        guard let current else {
            throw CodedError("wireguard.closed", "the WireGuard interface \(interface) is not open")
        }
        return current
    }

    public func read() throws(CodedError) -> WireGuardDevice { try opened().read() }
    public func apply(_ change: DeviceChange) throws(CodedError) { try opened().apply(change) }
    public func complaints() -> [String] { current?.complaints() ?? [] }
    public func waitForEnd() async -> String { await current?.waitForEnd() ?? "it was not opened" }
    public func close() async { await current?.close() }
}

/// Why a backend is used, for logs and status.
public enum WireGuardBackendReason {
    /// It was chosen by name.
    public static let asked = "asked for"
    static let kernel = "the kernel has WireGuard"
    static let left = "a wireguard-go of an earlier run serves the interface"

    /// Why wireguard-go is used after the kernel's WireGuard could not be opened; nil if it would not help either.
    static func userspace(after error: CodedError) -> String? {
        switch error.code {
        case "wireguard.no-kernel": "the kernel has no WireGuard"
        case "wireguard.interface-taken": "an interface of that name exists and is not of kind wireguard"
        default: nil
        }
    }
}
