import NetworkModel

/// Who and what a scenario has: the names that words can refer to.
struct Cast {
    var machines: [MachinePlan]
    var topology = Topology()
    /// Nil: Warren's programs.
    var services: [ServicePlan]?
    private(set) var names: [String]
    private let known: Set<String>
    private let order: [String: Int]

    init(machines: [MachinePlan], topology: Topology) {
        self.machines = machines
        self.topology = topology
        names = machines.map(\.name)
        known = Set(names)
        order = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    }

    /// Warren's own services on a machine of the mesh, in the order in which they start.
    static let services = ["agent", "messenger"]
    static let coordinatorService = "coordinator"

    var isWarren: Bool { services == nil }

    func has(_ name: String) -> Bool { known.contains(name) }

    /// In the order of the file, the coordinator first.
    func sorted(_ chosen: some Collection<String>) -> [String] {
        chosen.sorted { order[$0, default: -1] < order[$1, default: -1] }
    }

    /// The names of the services on a machine.
    func services(on machine: String) -> [String] {
        guard let services else { return machine == Scenario.coordinatorMachine ? [Self.coordinatorService] : Self.services }
        return services.filter { $0.machines.contains(machine) }.map(\.name)
    }

    /// The names of all services that machines other than the coordinator's have.
    var serviceNames: [String] { services?.map(\.name) ?? Self.services }

    /// The machines that have the service, in the order of the file.
    func machines(with service: String) -> [String] {
        guard let services else { return Self.services.contains(service) ? names : [] }
        return services.first { $0.name == service }?.machines ?? []
    }

    /// Everywhere that a machine can be.
    var places: [String] { [Topology.backbone] + topology.switches.map(\.name) + topology.sites.map(\.name) }
}
