import Basics
import MeshModel
import NetworkModel

/// A test of a network: machines, and what happens to them step by step. Everything in it is resolved: parameters are set, repetitions
/// are written out, and selectors have chosen their machines.
public struct Scenario: Sendable, Hashable {
    /// The version of the language that this build reads.
    public static let languageVersion = 1
    /// The name of the machine that runs the coordinator.
    public static let coordinatorMachine = "coordinator"
    /// The most machines that one scenario may have, the coordinator's not counted.
    public static let machineLimit = 4_000

    /// Names the run's folder; the same characters as a machine's name.
    public var name: String
    /// One line for people.
    public var title: String
    /// Where random choices start.
    public var seed: UInt64
    /// What each parameter was set to, as its JSON text.
    public var parameters: [String: String] = [:]
    /// The weeks of the project plan (1 to 13) that the scenario shows.
    public var milestones: [Int] = []
    /// Free words for `--filter`.
    public var labels: [String] = []
    public var topology = Topology()
    /// In the order of the file, without the coordinator's.
    public var machines: [MachinePlan]
    public var system: SystemPlan
    /// Hold from the first step to the last. Their steps are checks that last until the end.
    public var invariants: [Step] = []
    public var steps: [Step]
    public var recovery = RecoveryPlan()

    /// The names of the machines, in the order of the file.
    public var machineNames: [String] { machines.map(\.name) }
}

/// A machine of a scenario.
public struct MachinePlan: Sendable, Hashable {
    public var name: String
    public var labels: [String] = []
    /// A switch, a site, or `Topology.backbone`.
    public var place = Topology.backbone
    /// What its cable does.
    public var link = LinkPair()

    public init(name: String) { self.name = name }
}

/// What runs on the machines.
public enum SystemPlan: Sendable, Hashable {
    /// Warren's own programs: a coordinator on the machine of that name, agent and messenger on the others.
    case warren(Timing)
    /// Any other programs.
    case commands(CommandSystem)

    /// What the coordinator is told; nil leaves its default.
    public struct Timing: Sendable, Hashable {
        public var heartbeatInterval: Duration?
        public var suspectAfter: Duration?
        public var unresponsiveAfter: Duration?
        /// Where mesh addresses come from.
        public var pool: IPPrefix?
        /// How long a released mesh address rests.
        public var addressQuarantine: Duration?

        public init(heartbeatInterval: Duration? = nil, suspectAfter: Duration? = nil, unresponsiveAfter: Duration? = nil) {
            self.heartbeatInterval = heartbeatInterval
            self.suspectAfter = suspectAfter
            self.unresponsiveAfter = unresponsiveAfter
        }
    }
}

/// Another system than Warren: its services, and where its mesh addresses are.
///
/// Texts in it are templates, filled in for each machine: `${machine.name}`, `${machine.number}` (from 1, in the order of the file),
/// `${machine.underlay}` (its underlay address).
public struct CommandSystem: Sendable, Hashable {
    /// A template for a machine's address in the overlay; nil: there is none, and pings go to the underlay.
    public var meshAddress: String?
    /// The overlay's interface on every machine; nil: none.
    public var interface: String?
    /// In the order in which they start.
    public var services: [ServicePlan]

    public init(meshAddress: String? = nil, interface: String? = nil, services: [ServicePlan]) {
        self.meshAddress = meshAddress
        self.interface = interface
        self.services = services
    }
}

/// A program that runs on machines.
public struct ServicePlan: Sendable, Hashable {
    public var name: String
    /// Resolved names of the machines that have it.
    public var machines: [String]
    /// The program and its arguments, templates. The program is found in PATH, or is a path.
    public var command: [String]
    public var environment: [String: String] = [:]
    /// Files that are written before each start: absolute path on the machine, below /run, to the text, a template.
    public var files: [String: String] = [:]
    /// Commands that are run to their end on the machine before the first start of the service there, templates.
    public var prepare: [[String]] = []
    /// The signal that asks it to end.
    public var stopSignal: Int32
    /// How long it may take to end when asked to.
    public var stopWithin: Duration
    /// Exit codes of a good end; a program that ends by the stop signal itself is always good.
    public var goodCodes: [Int32] = [0]
}

/// The end of every run: all faults are healed, and what runs must come together again.
public struct RecoveryPlan: Sendable, Hashable {
    /// How long it may take from the healing on.
    public var within: Duration
    /// What must come true, each of them; empty: every machine whose services run answers every other.
    public var conditions: [Condition] = []

    public init(within: Duration = .seconds(20)) { self.within = within }
}

/// One thing that happens in a scenario.
public struct Step: Sendable, Hashable {
    /// Names the step in reports, in `since` and in `until`. Unique; made from the verb and the position if the file gives none.
    public var id: String
    public var position: SourcePosition
    public var kind: Kind

    public enum Kind: Sendable, Hashable {
        case action(Action)
        case check(Check)
        /// Ends the lasting checks that run until this step's id, and begins a chapter of that title.
        case mark(title: String?)
    }

    public init(id: String, position: SourcePosition, kind: Kind) {
        self.id = id
        self.position = position
        self.kind = kind
    }
}

/// Machines, or services on them.
public struct Target: Sendable, Hashable {
    /// Resolved names, in the order of the file, the coordinator first.
    public var machines: [String]
    /// Nil: the whole machines.
    public var service: String?

    public init(machines: [String], service: String?) {
        self.machines = machines
        self.service = service
    }
}
