import MeshModel
import ScenarioModel

/// Who has which address.
extension ScenarioRun {
    /// Asks whoever knows; an answer that does not come changes nothing.
    func refreshDirectory() async { try? await learnDirectory() }

    /// Asks Warren's coordinator who has which address; other systems have fixed ones.
    func learnDirectory() async throws {
        guard network.book.isWarren else { return }
        let socket = try await network.socketPath(Scenario.coordinatorMachine, WarrenServices.adminSocket)
        directory.identities.learn(try await CoordinatorView(socket: socket).machines())
    }

    /// The addresses of machines that have one.
    func addresses(of names: [String], over which: ScenarioModel.Network) async -> [String: IPAddress] {
        var found: [String: IPAddress] = [:]
        for name in names {
            if which == .mesh, directory.hasOverlay {
                found[name] = directory.address(of: name)
            } else {
                found[name] = try? await network.facts(of: name).underlay
            }
        }
        return found
    }
}

/// What is known of the machines' addresses in the overlay.
struct Directory: Sendable {
    /// What Warren's coordinator has said.
    var identities = Identities()
    /// The addresses of another system, which the scenario gives.
    private let fixed: [String: IPAddress]
    private let machines: [String]
    /// Whether there is an overlay at all.
    let hasOverlay: Bool

    /// - Parameter underlay: the machines' addresses outside the overlay, once the network is built.
    init(scenario: Scenario, underlay: [String: IPAddress] = [:]) {
        machines = scenario.machineNames
        guard case .commands(let system) = scenario.system else {
            fixed = [:]
            hasOverlay = true
            return
        }
        var fixed: [String: IPAddress] = [:]
        if let template = system.meshAddress {
            for (index, name) in scenario.machineNames.enumerated() {
                let facts = MachineFacts(name: name, number: index + 1, underlay: underlay[name] ?? .v4(0))
                fixed[name] = IPAddress(Template.fill(template, facts))
            }
        }
        self.fixed = fixed
        hasOverlay = system.meshAddress != nil
    }

    /// The machine's address in the overlay, if it has one yet.
    func address(of name: String) -> IPAddress? { fixed[name] ?? identities.current[name]?.meshAddress }

    /// The addresses that machines which have none yet are expected to get.
    var predictions: [String: IPAddress] {
        guard fixed.isEmpty else { return [:] }
        return Dictionary(zip(machines, Identities.predictedAddresses(machines.count))) { first, _ in first }
    }
}
