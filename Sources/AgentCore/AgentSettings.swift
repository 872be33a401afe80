import AgentLogic
import ControlProtocol
import MeshModel
import WireGuardControl

/// How an agent is run.
public struct AgentSettings: Sendable {
    /// Where the identity and the last peer map are kept.
    public var stateDirectory: String
    /// Where the control socket is made.
    public var runDirectory: String
    /// Needed until the machine is registered; later it is a fallback for a credential that is no longer valid.
    public var join: JoinToken?
    public var name: MachineName
    /// Of the WireGuard interface, 1…15 bytes.
    public var interface: String
    /// UDP port of WireGuard.
    public var listenPort: UInt16
    /// Which WireGuard to use.
    public var backend: Backend
    /// Candidate endpoints to offer instead of the addresses of this machine; empty: those.
    public var endpoints: [Endpoint]
    /// Bytes, of the WireGuard interface, 576…65535; nil: what fits the underlay.
    public var mtu: Int?
    /// The hosts file that has the names of machines; nil: none.
    public var hostsFile: String?
    /// Where metrics are served besides the control socket; nil: nowhere.
    public var metrics: Endpoint?

    public static let defaultHostsFile = "/etc/hosts"
    /// What follows a machine's name and a dot in the hosts file.
    public static let nameSuffix = HostsBlock.suffix
    public static let defaultStateDirectory = "/var/lib/warren/agent"
    public static let defaultRunDirectory = "/run/warren"
    public static let defaultInterface = "warren0"
    public static let defaultListenPort: UInt16 = 51_820

    public init(
        stateDirectory: String = defaultStateDirectory, runDirectory: String = defaultRunDirectory, join: JoinToken?,
        name: MachineName, interface: String = defaultInterface, listenPort: UInt16 = defaultListenPort,
        backend: Backend = .auto, endpoints: [Endpoint] = [], mtu: Int? = nil, hostsFile: String? = nil,
        metrics: Endpoint? = nil
    ) {
        self.stateDirectory = stateDirectory
        self.runDirectory = runDirectory
        self.join = join
        self.name = name
        self.interface = interface
        self.listenPort = listenPort
        self.backend = backend
        self.endpoints = endpoints
        self.mtu = mtu
        self.hostsFile = hostsFile
        self.metrics = metrics
    }

    /// Which WireGuard to use.
    public enum Backend: String, Sendable, Hashable, CaseIterable {
        /// The kernel's where there is one, else wireguard-go.
        case auto
        /// The kernel's.
        case kernel
        /// wireguard-go.
        case userspace
    }

    /// Whether the kernel allows an interface of that name.
    public static func isPossible(interface: String) -> Bool { UserspaceBackend.isPossible(interface: interface) }

    /// What `mtu` may be.
    public static let allowedMTU = TunnelMTU.allowed

    /// The WireGuard that these settings ask for, not yet open.
    func makeBackend() -> any WireGuardBackend {
        let logFile = "\(runDirectory)/wireguard-\(interface).log"
        return switch backend {
        case .auto: AutomaticBackend(interface: interface, logFile: logFile)
        case .kernel: KernelBackend(interface: interface)
        case .userspace: UserspaceBackend(interface: interface, logFile: logFile)
        }
    }

    /// `POST` on the control socket, with any body: gives this machine another key, and answers with its status.
    public static let keyPath = "/v1/rotate-key"

    /// Path of the control socket.
    public static func controlSocket(in runDirectory: String) -> String { "\(runDirectory)/agent.sock" }
}
