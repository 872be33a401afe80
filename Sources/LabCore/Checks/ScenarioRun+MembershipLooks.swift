import Basics
import ControlProtocol
import MeshModel
import ScenarioModel

/// Conditions that are looked at without probes.
extension ScenarioRun {
    func lookAtPeer(_ peer: String, on places: [String], present: Bool) async throws -> Look {
        if directory.identities.current[peer] == nil { await refreshDirectory() }
        guard let identity = directory.identities.first[peer] else { return Look(.unknown, "\(peer) was never registered") }
        var wrong: [String] = []
        for place in places {
            let view = DeviceView(network: network, machine: place)
            guard let state = try await view.state(of: identity.publicKey, identity.meshAddress) else {
                // No interface is neither: whoever has none has shown nothing about this peer.
                return Look(.unknown, "\(place) has no interface \(DeviceView.interface)")
            }
            if state.hasPeer != present || state.hasRoute != present {
                wrong.append("\(place) (peer: \(state.hasPeer ? "yes" : "no"), route: \(state.hasRoute ? "yes" : "no"))")
            }
        }
        guard wrong.isEmpty else { return Look(.no, "not so on \(wrong.joined(separator: ", "))") }
        return Look(.yes, "each of \(places.count) \(present ? "has" : "has removed") the peer and its route")
    }

    func lookAtCoordinator(_ names: [String], as liveness: String) async throws -> Look {
        let socket = try await network.socketPath(Scenario.coordinatorMachine, WarrenServices.adminSocket)
        let list = try await CoordinatorView(socket: socket).machines()
        directory.identities.learn(list)
        let seen = Dictionary(list.machines.map { ($0.name.text, $0.liveness.rawValue) }) { first, _ in first }
        let wrong = names.filter { seen[$0] != liveness }.map { "\($0): \(seen[$0] ?? "not listed")" }
        return .noneWrong(wrong, else: "\(names.count == 1 ? names[0] : "all \(names.count)"): \(liveness)")
    }

    /// Compares with what was learnt before this check began; see `ScenarioRun.steps`.
    func lookAtIdentities(_ names: [String]) async throws -> Look {
        try await learnDirectory()
        var wrong: [String] = []
        for name in names {
            guard let first = baseline[name] else { return Look(.unknown, "nobody knew \(name) before: nothing to compare with") }
            guard let now = directory.identities.current[name] else {
                wrong.append("\(name) is not listed")
                continue
            }
            if now != first { wrong.append("\(name) was \(first.id) \(first.meshAddress), is \(now.id) \(now.meshAddress)") }
            // The machine's own word, not only the coordinator's.
            let socket = try await network.socketPath(name, WarrenServices.agentSocket)
            let own = try await AgentView(socket: socket).status().machine
            if own?.id != first.id || own?.meshAddress != first.meshAddress || own?.publicKey != first.publicKey {
                wrong.append("\(name) itself says \(own.map { "\($0.id) \($0.meshAddress)" } ?? "it has no identity")")
            }
        }
        guard wrong.isEmpty else { return Look(.no, wrong.joined(separator: "; ")) }
        let only = names.count == 1 ? baseline[names[0]] : nil
        return Look(.yes, only.map { "\($0.id) \($0.meshAddress)" } ?? "all \(names.count) unchanged")
    }
}
