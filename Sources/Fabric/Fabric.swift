import Basics
import Glibc
import LinuxProcess
import MeshModel
import Namespaces
import Netlink
import NetworkModel

/// The network of a run: switches, sites with their routers, and machines, made inside the lab's own private namespaces.
///
/// Switches are bridges in the namespace of the process that builds the fabric; machines and routers have namespaces of their own.
/// Not `Sendable`: an actor owns it.
public final class Fabric {
    public let topology: Topology
    public let plan: AddressPlan
    public let settings: FabricSettings
    /// All machines, in the order of the attachments.
    public let machines: [FabricMachine]
    /// The sites' routers, in the order of `Topology.sites`.
    public internal(set) var routers: [SiteRouter] = []

    let kernel: RouteSocket
    let factory: MachineFactory
    var numbers = InterfaceNumbers()
    var switches: [Topology.Place: BridgeSet] = [:]
    private let byName: [String: FabricMachine]
    /// How many addresses of a segment have been given to machines that roamed there.
    var roamed: [AddressPlan.Segment: Int] = [:]
    /// How many machines have had a first address in a site.
    var settled: [AddressPlan.Segment: Int] = [:]

    /// Builds switches, sites and routers. Machines are off until they are booted.
    ///
    /// To be called inside private network, mount and PID namespaces (see `Isolation`), with a writable, own `/run`.
    ///
    /// - Throws: `topology.…` for a bad topology; `environment.kernel` if the kernel has no bridge; `nat.…` if a gateway cannot work.
    public static func build(
        _ topology: Topology, _ attachments: [Attachment], settings: FabricSettings = FabricSettings(),
        isolation: isolated (any Actor)? = #isolation
    ) async throws(CodedError) -> Fabric {
        let fabric = try Fabric(topology, attachments, settings)
        try await fabric.buildSites()
        return fabric
    }

    private init(_ topology: Topology, _ attachments: [Attachment], _ settings: FabricSettings) throws(CodedError) {
        self.topology = topology
        self.settings = settings
        plan = AddressPlan(families: topology.families)
        let drawn = try Self.draw(topology, attachments, plan, settings)
        machines = drawn.machines
        settled = drawn.settled
        byName = Dictionary(uniqueKeysWithValues: drawn.machines.map { ($0.name, $0) })
        try FabricFiles.makeFolder("\(settings.root)/shared")
        // Ports of a bridge need no addresses; a thousand of them introducing themselves to one another take minutes of the processor.
        for name in ["all", "default"] { FabricFiles.set("net/ipv6/conf/\(name)/disable_ipv6", to: "1") }
        for name in ["iptables", "ip6tables", "arptables"] { FabricFiles.set("net/bridge/bridge-nf-call-\(name)", to: "0") }
        factory = try MachineFactory()
        do throws(CodedError) {
            kernel = try RouteSocket()
            if let loopback = try kernel.link(named: "lo") { try kernel.setLink(loopback.index, up: true) }
            try buildSwitches()
        } catch {
            throw CodedError("environment.kernel", "this kernel or sandbox gives no Linux bridge", cause: error)
        }
    }

    /// The machine of that name.
    ///
    /// - Throws: `lab.machine`.
    public func machine(_ name: String) throws(CodedError) -> FabricMachine {
        guard let machine = byName[name] else { throw CodedError("lab.machine", "no machine \(name)") }
        return machine
    }

    /// The folder, seen from here, that all machines have as `/run/shared`.
    public var sharedPath: String { "\(settings.root)/shared" }

    private func buildSwitches() throws(CodedError) {
        func bridges(_ name: String) -> BridgeSet {
            BridgeSet(name: name, mtu: topology.mtu, portsPerBridge: settings.portsPerBridge)
        }
        switches[.backbone] = bridges("backbone")
        for index in topology.switches.indices {
            let place = Topology.Place(segment: .backbone, furtherSwitch: index)
            switches[place] = bridges("switch\(index + 1)")
            try join(place, cable: Self.trunkNames(index))
        }
        for index in topology.sites.indices {
            switches[Topology.Place(segment: .site(index))] = bridges("site\(index + 1)")
        }
        // Also an empty backbone is there.
        let bridge = try takePort(.backbone)
        switches[.backbone]?.releasePort(of: bridge)
    }

    /// The ends of the cable from the backbone to a further switch: in the backbone's bridge, in the switch's.
    public static func trunkNames(_ index: Int) -> (backbone: String, further: String) { ("t\(index + 1)", "u\(index + 1)") }

    private func join(_ place: Topology.Place, cable: (backbone: String, further: String)) throws(CodedError) {
        let ends = (numbers.next(), numbers.next())
        let (backbone, further) = (try takePort(.backbone), try takePort(place))
        var batch = NetlinkBatch()
        batch.addVeth(
            near: VethEnd(name: cable.backbone, master: backbone, up: true), ends.0, far: VethEnd(name: cable.further), ends.1,
            mtu: topology.mtu)
        batch.setMaster(ends.1, further)
        batch.setLink(ends.1, up: true)
        try kernel.perform(batch)
    }

    func takePort(_ place: Topology.Place) throws(CodedError) -> Int32 {
        guard var bridges = switches[place] else { throw CodedError("topology.place", "there is no such switch") }
        defer { switches[place] = bridges }
        return try bridges.takePort(kernel, &numbers)
    }
}
