/// Which target stands on which layer, and who may import whom. `docs/architecture.md` explains the reasons.
struct LayerTable {
    /// From the ground up.
    enum Layer: Int, Comparable {
        /// C, for what Swift cannot say.
        case c
        /// Decisions without I/O and without a clock.
        case pure
        /// Linux, one concern a target.
        case system
        /// What a program does.
        case core
        /// Arguments, configuration, wiring.
        case program

        static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    var layers: [String: Layer]
    /// The imports that are allowed inside a layer. Without circles.
    var beside: [String: Set<String>]
    /// Targets that are somebody's inside: the only ones that may import them.
    var owners: [String: Set<String>]
    /// Modules from outside the package that the pure layer may import.
    var outsideOfPure: Set<String>

    static let warren = LayerTable(
        layers: [
            "CLinux": .c, "CNetlink": .c,
            "Basics": .pure, "MeshModel": .pure, "ControlProtocol": .pure, "WireGuardModel": .pure,
            "CoordinatorLogic": .pure, "AgentLogic": .pure, "MessengerLogic": .pure, "ChatLogic": .pure,
            "ScenarioModel": .pure,
            "NetworkModel": .pure, "PacketModel": .pure, "MilestoneModel": .pure, "LabReport": .pure,
            "Timing": .system, "LinuxProcess": .system, "Namespaces": .system, "Netlink": .system, "WireGuardControl": .system,
            "Observability": .system, "CommandSupport": .system, "Terminal": .system,
            "HTTPServing": .system, "LocalControl": .system, "TransportSecurity": .system, "ServerIdentity": .system,
            "LinkEmulation": .system,
            "PacketCapture": .system,
            "Fabric": .system,
            "CoordinatorCore": .core, "AgentCore": .core, "MessengerCore": .core, "LabCore": .core,
            "warren-coordinator": .program, "warren-agent": .program, "warren-messenger": .program, "lab": .program,
            "warren-fleet": .program,
        ],
        beside: [
            "MeshModel": ["Basics"],
            "ControlProtocol": ["Basics", "MeshModel"],
            "WireGuardModel": ["Basics", "MeshModel"],
            "CoordinatorLogic": ["Basics", "MeshModel"],
            "AgentLogic": ["Basics", "MeshModel", "WireGuardModel"],
            "MessengerLogic": ["Basics", "MeshModel", "ControlProtocol"],
            "ChatLogic": ["Basics", "MeshModel", "ControlProtocol", "MessengerLogic"],
            "NetworkModel": ["Basics", "MeshModel"], "PacketModel": ["Basics", "MeshModel"], "MilestoneModel": ["Basics"],
            "LabReport": ["Basics", "MilestoneModel"],
            "ScenarioModel": ["Basics", "MeshModel", "ControlProtocol", "NetworkModel"],
            "LinuxProcess": ["Timing"], "Terminal": ["LinuxProcess"], "LocalControl": ["Timing"], "TransportSecurity": ["Timing"],
            "ServerIdentity": ["TransportSecurity"],
            "Namespaces": ["LinuxProcess"],
            "Netlink": ["Timing"], "WireGuardControl": ["LinuxProcess", "Timing", "Netlink"],
            "LinkEmulation": ["LinuxProcess", "Timing", "Netlink"], "PacketCapture": ["LinuxProcess", "Timing"],
            "Fabric": ["LinuxProcess", "Timing", "Namespaces", "Netlink"],
        ],
        owners: [
            "CoordinatorLogic": ["CoordinatorCore", "warren-coordinator"],
            "AgentLogic": ["AgentCore", "warren-agent"],
            "MessengerLogic": ["MessengerCore", "ChatLogic", "warren-messenger"],
            "ChatLogic": ["MessengerCore", "warren-messenger"],
            "ScenarioModel": ["LabCore", "lab"],
            "NetworkModel": ["ScenarioModel", "LinkEmulation", "Fabric", "LabCore", "lab"],
            "PacketModel": ["PacketCapture", "LabCore"], "LabReport": ["LabCore", "lab"], "MilestoneModel": ["LabReport", "lab"],
            "LinkEmulation": ["LabCore"], "PacketCapture": ["LabCore"], "Fabric": ["LabCore", "lab"],
        ],
        outsideOfPure: ["Foundation", "FoundationEssentials", "Glibc", "Crypto"]
    )
}
