import Basics
import Glibc
import MeshModel
import Namespaces
import Netlink
import NetworkModel

/// A machine: namespaces while it is on, a cable, a disk. Belongs to one `Fabric`, which alone changes it.
public final class FabricMachine {
    /// The machine's network card, as the machine sees it.
    public static let cardName = "eth0"
    /// The card's number in the machine's network namespace.
    public static let cardIndex: Int32 = 64
    /// The disk, as the machine sees it.
    public static let stateFolder = "/run/state"
    /// The folder that all machines of the run have in common, as they see it.
    public static let sharedFolder = "/run/shared"

    public let name: String
    /// Its place among the attachments, from 0.
    public let index: Int
    /// Where its cable leads.
    public internal(set) var place: Topology.Place
    /// One for each address family, IPv4 first. They stay the machine's while it is off.
    public internal(set) var addresses: [IPAddress]
    /// Nil while the machine is off.
    public internal(set) var namespaces: MachineNamespaces?
    /// Acts inside the machine's network namespace; nil while the machine is off.
    public internal(set) var routes: RouteSocket?
    /// How often the machine has been booted.
    public internal(set) var boots = 0
    /// Whether the switch's end of its cable is up, or will be after the next boot.
    public internal(set) var isLinkUp = true
    /// What its cable lets through other than the rest of the network, in bytes, and whether its own card knows; nil: nothing other.
    public internal(set) var cableMTU: (bytes: Int, knownToMachine: Bool)?
    /// Where the lab sees the machine's disk, also while the machine is off.
    public var statePath: String { disk.path }

    var disk: MachineDisk
    let hostsPath: String
    /// The near end of its cable, in the fabric's namespace, and the bridge that it is in; nil while the machine is off.
    var port: (index: Int32, bridge: Int32)?

    init(name: String, index: Int, place: Topology.Place, addresses: [IPAddress], settings: FabricSettings) {
        self.name = name
        self.index = index
        self.place = place
        self.addresses = addresses
        let base = "\(settings.root)/\(name)"
        disk = MachineDisk(path: "\(base)/state", size: settings.diskSize)
        hostsPath = "\(base)/hosts"
    }

    public var isRunning: Bool { namespaces != nil }

    /// The interface of the fabric's namespace that is the switch's end of the cable; the same through crashes and moves.
    public var portName: String { Self.portName(index) }

    public static func portName(_ index: Int) -> String { "m\(index)" }

    /// A locally administered Ethernet address that shows the machine's number.
    public static func hardwareAddress(_ index: Int) -> [UInt8] {
        [0x02, 0x77] + (0..<4).map { UInt8(truncatingIfNeeded: (index + 1) >> (24 - 8 * $0)) }
    }

    /// What the machine needs, or an error that says that it is off.
    ///
    /// - Throws: `machine.off`.
    public func running() throws(CodedError) -> (namespaces: MachineNamespaces, routes: RouteSocket) {
        guard let namespaces, let routes else { throw CodedError("machine.off", "machine \(name) is off") }
        return (namespaces, routes)
    }
}
