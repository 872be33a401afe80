import Basics
import Glibc
import LinuxProcess
import MeshModel
import Namespaces
import Netlink
import Timing

/// A machine of the lab: namespaces, a network card, a state folder and processes. Belongs to one `LabNetwork`.
final class Machine {
    let name: String
    /// 0 is the coordinator's.
    let index: Int
    let folders: MachineFolders
    private(set) var namespaces: MachineNamespaces?
    /// Acts inside the machine's network namespace.
    private(set) var routes: RouteSocket?
    var services: [String: RunningService] = [:]
    /// Services whose preparations were made.
    var prepared: Set<String> = []
    /// How often the machine has been booted.
    private(set) var boots = 0

    /// A process that the lab started and watches.
    struct RunningService {
        let process: ChildProcess
        let command: ServiceCommand
        let startedAt: MonotonicTime
        /// Set before the lab ends it, so that an end without it is known as unexpected.
        var endExpected = false
        var isPaused = false
    }

    init(name: String, index: Int) {
        self.name = name
        self.index = index
        folders = MachineFolders(machine: name)
    }

    var isRunning: Bool { namespaces != nil }
    var underlayAddress: IPAddress { Underlay.address(index) }

    /// Where probes over the underlay go.
    var probeAddress: IPAddress { underlayAddress }

    /// Makes the namespaces and plugs the machine into a bridge.
    ///
    /// - Parameters:
    ///   - fabric: a socket in the namespace of the bridge.
    ///   - bridge: its interface index.
    func boot(fabric: RouteSocket, bridge: Int32, hosts: String) throws(CodedError) {
        try folders.prepare(hostsText: hosts)
        let namespaces = try MachineNamespaces.start(hostname: name, mounts: folders.mounts)
        do throws(CodedError) {
            try fabric.addVeth(
                near: VethEnd(name: Underlay.portName(index), master: bridge, up: true),
                far: VethEnd(name: "eth0", namespace: namespaces.network, hardwareAddress: Underlay.hardwareAddress(index)))
            let socket = try namespaces.socket(
                domain: AF_NETLINK, type: Int32(SOCK_RAW.rawValue), protocol: RouteSocket.protocolNumber)
            let routes = try RouteSocket(adopting: socket)
            guard let loopback = try routes.link(named: "lo"), let card = try routes.link(named: "eth0") else {
                throw CodedError("machine.boot", "machine \(name) has no network card")
            }
            try routes.setLink(loopback.index, up: true)
            try routes.addAddress(
                InterfaceAddress(address: underlayAddress, prefixLength: Underlay.prefixLength, interface: card.index))
            try routes.setLink(card.index, up: true)
            self.routes = routes
        } catch {
            namespaces.initProcess.signal(SIGKILL)
            throw error
        }
        self.namespaces = namespaces
        boots += 1
    }

    /// Cuts the power: everything on the machine dies, its link goes down, its state folder stays.
    func powerOff(fabric: RouteSocket, isolation: isolated (any Actor)? = #isolation) async throws(CodedError) {
        guard let namespaces else { return }
        for name in services.keys { services[name]?.endExpected = true }
        let ended = await namespaces.powerOff(within: .seconds(5))
        services = [:]
        routes = nil
        self.namespaces = nil
        // The kernel takes the link down with the namespace, but in its own time; a reboot needs the name at once.
        if let port = try fabric.link(named: Underlay.portName(index)) { try fabric.deleteLink(port.index) }
        guard ended else { throw CodedError("machine.power-off", "machine \(name) did not die within 5 s") }
    }
}
