import Basics
import ScenarioModel

/// Which services a scenario's system has, where they run and in which order they start.
struct ServiceBook: Sendable {
    let system: SystemPlan
    let programs: Programs
    /// In the order in which they start; they end in the opposite order.
    let order: [String]
    private let places: [String: Set<String>]

    init(scenario: Scenario, programs: Programs) {
        system = scenario.system
        self.programs = programs
        let names = scenario.machineNames
        switch scenario.system {
        case .warren:
            order = WarrenServices.names
            places = ["coordinator": [Scenario.coordinatorMachine], "agent": Set(names), "messenger": Set(names)]
        case .commands(let system):
            order = system.services.map(\.name)
            places = Dictionary(system.services.map { ($0.name, Set($0.machines)) }) { first, _ in first }
        }
    }

    /// Whether the system is Warren, which the lab can ask questions.
    var isWarren: Bool {
        if case .warren = system { return true }
        return false
    }

    /// The overlay's interface on every machine, if it has one.
    var interface: String? {
        switch system {
        case .warren: DeviceView.interface
        case .commands(let system): system.interface
        }
    }

    func runs(_ service: String, on machine: String) -> Bool { places[service]?.contains(machine) ?? false }

    /// Whether the machine has any service.
    func hasServices(_ machine: String) -> Bool { order.contains { runs($0, on: machine) } }

    /// The services of a target on one of its machines, in the order in which they start.
    func services(of target: Target, on machine: String) -> [String] {
        order.filter { runs($0, on: machine) && (target.service == nil || target.service == $0) }
    }

    /// How long the services of these machines may take to end when asked to: the longest of them, 5 s at least.
    func stopLimit(_ target: Target) -> Duration {
        guard case .commands(let system) = system else { return .seconds(5) }
        let plans = system.services.filter { plan in
            (target.service == nil || target.service == plan.name) && target.machines.contains { runs(plan.name, on: $0) }
        }
        return max(.seconds(5), plans.map(\.stopWithin).max() ?? .zero)
    }

    /// How the service is started on that machine.
    ///
    /// - Parameters:
    ///   - coordinator: what is known of the coordinator's machine.
    ///   - joinToken: for Warren's agents.
    func command(
        _ service: String, on machine: MachineFacts, coordinator: MachineFacts, joinToken: String?
    ) throws(CodedError) -> ServiceCommand {
        switch system {
        case .warren(let timing):
            switch service {
            case "coordinator": return WarrenServices.coordinator(programs, timing, address: coordinator.underlay)
            case "agent": return WarrenServices.agent(programs, name: machine.name, joinToken: joinToken ?? "")
            default: return WarrenServices.messenger(programs)
            }
        case .commands(let system):
            guard let plan = system.services.first(where: { $0.name == service }), let program = plan.command.first else {
                throw CodedError("service.unknown", "there is no service \(service)")
            }
            func fill(_ text: String) -> String { Template.fill(text, machine) }
            return ServiceCommand(
                executable: fill(program), arguments: plan.command.dropFirst().map(fill),
                environment: plan.environment.mapValues(fill),
                files: Dictionary(plan.files.map { (fill($0.key), fill($0.value)) }) { first, _ in first },
                prepare: plan.prepare.map { $0.map(fill) }, stopSignal: plan.stopSignal, goodCodes: plan.goodCodes)
        }
    }
}
