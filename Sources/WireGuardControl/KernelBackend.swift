import Basics
import Glibc
import LinuxProcess
import Netlink
import Synchronization
import Timing
import WireGuardModel

/// WireGuard in the kernel: an interface of kind `wireguard`, configured over generic netlink.
///
/// The interface belongs to no process. It stays when the agent is killed, and the next run takes it over, sessions and all.
public final class KernelBackend: WireGuardBackend {
    public let name = "kernel"
    public let reason: String
    public let interface: String
    private let state = Mutex<Opened?>(nil)

    private struct Opened {
        let client: KernelClient
        let watch: LinkWatch
    }

    /// How long an interface of another kind may take to go: one of a wireguard-go that was killed goes a moment later.
    static let settleLimit = Duration.seconds(1)

    /// - Parameters:
    ///   - interface: 1…15 bytes, see `UserspaceBackend.isPossible`.
    ///   - reason: why it is this backend.
    public init(interface: String, reason: String = WireGuardBackendReason.asked) {
        self.interface = interface
        self.reason = reason
    }

    public func open() async throws(CodedError) -> DeviceOrigin {
        if let opened = state.withLock({ $0 }) {
            if if_nametoindex(interface) == UInt32(bitPattern: opened.client.interface) { return .present }
            state.withLock { $0 = nil }
            // Ours under another name: it would keep the UDP port.
            try RouteSocket().deleteLink(opened.client.interface)
        }
        let routes = try RouteSocket()
        if let link = try await settledLink(routes) {
            try take(link)
            return .adopted(pid: nil)
        }
        let link = try create(routes)
        do throws(CodedError) {
            try take(link)
        } catch {
            try? routes.deleteLink(link.index)
            throw error
        }
        return .created(pid: nil)
    }

    /// The interface that is there already, if it is of the right kind.
    private func settledLink(_ routes: RouteSocket) async throws(CodedError) -> Link? {
        let deadline = MonotonicTime.now + Self.settleLimit
        while let link = try routes.link(named: interface) {
            if link.kind == KernelProtocol.linkKind { return link }
            guard MonotonicTime.now < deadline, !Task.isCancelled else {
                throw CodedError(
                    "wireguard.interface-taken",
                    "an interface named \(interface) exists and is of kind \(link.kind ?? "none"), not wireguard: stop the program that holds it, or remove it (ip link delete \(interface)), or choose another name with --interface"
                )
            }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return nil
    }

    private func create(_ routes: RouteSocket) throws(CodedError) -> Link {
        do throws(CodedError) {
            return try routes.addLink(named: interface, kind: KernelProtocol.linkKind)
        } catch {
            switch (error.cause as? NetlinkErrno)?.number {
            case EOPNOTSUPP: throw Self.missing("it knows no interfaces of kind wireguard")
            case EPERM: throw UserspaceBackend.noPrivilege
            default: throw CodedError("wireguard.start", "the kernel did not make a WireGuard interface", cause: error)
            }
        }
    }

    private func take(_ link: Link) throws(CodedError) {
        let watch = try LinkWatch(index: link.index)
        let client = try KernelClient(interface: link.index)
        state.withLock { $0 = Opened(client: client, watch: watch) }
    }

    /// The error of a kernel without WireGuard.
    static func missing(_ why: String) -> CodedError {
        var system = utsname()
        uname(&system)
        let release = withUnsafeBytes(of: &system.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return CodedError(
            "wireguard.no-kernel",
            "the kernel (\(release)) has no WireGuard: \(why). Load its module (modprobe wireguard), boot a kernel that has it (Linux 5.6 and later, unless built without CONFIG_WIREGUARD), or use wireguard-go (--backend userspace)"
        )
    }

    private func client() throws(CodedError) -> KernelClient {
        guard let opened = state.withLock({ $0 }) else {
            throw CodedError("wireguard.closed", "the WireGuard interface \(interface) is not open")
        }
        return opened.client
    }

    public func read() throws(CodedError) -> WireGuardDevice { try client().read() }

    public func apply(_ change: DeviceChange) throws(CodedError) { try client().apply(change) }

    public func complaints() -> [String] { [] }

    public func waitForEnd() async -> String {
        guard let watch = state.withLock({ $0?.watch }) else { return "it was not opened" }
        await watch.waitForEnd()
        return watch.hasEnded ? "somebody else deleted it" : "cancelled"
    }

    public func close() async {
        guard let opened = state.withLock({ $0.take() }) else { return }
        try? RouteSocket().deleteLink(opened.client.interface)
    }
}
