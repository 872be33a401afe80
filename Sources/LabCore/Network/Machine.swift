import Basics
import Fabric
import LinuxProcess
import MeshModel
import Namespaces
import Netlink
import Timing

/// A machine of the lab: its part of the fabric, and the processes on it. Belongs to one `LabNetwork`.
final class Machine {
    let name: String
    /// 0 is the coordinator's, the others follow in the order of the file.
    let number: Int
    /// Set when the network is built.
    var node: FabricMachine?
    var services: [String: RunningService] = [:]
    /// Services whose preparations were made.
    var prepared: Set<String> = []

    /// How many commands of the scenario run here, and when the last one ended: such a one may tell a service to end.
    var commands = 0
    var lastCommand = MonotonicTime.zero

    /// Whether a service that ends now may have been told to by a command.
    var hasCommand: Bool { commands > 0 || MonotonicTime.now - lastCommand < .seconds(1) && lastCommand != .zero }

    /// A process that the lab started and watches.
    struct RunningService {
        let process: ChildProcess
        let command: ServiceCommand
        let startedAt: MonotonicTime
        /// Set before the lab ends it, so that an end without it is known as unexpected.
        var endExpected = false
        var isPaused = false
    }

    init(name: String, number: Int) {
        self.name = name
        self.number = number
    }

    var isRunning: Bool { node?.isRunning ?? false }
    var namespaces: MachineNamespaces? { node?.namespaces }
    /// Acts inside the machine's network namespace.
    var routes: RouteSocket? { node?.routes }

    /// Where it is reached outside the mesh; of two families, the IPv4 address.
    var underlayAddress: IPAddress { node?.addresses.first ?? .v4(0) }
}
