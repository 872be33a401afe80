import Basics
import FoundationEssentials
import MeshModel
import ScenarioModel

/// Conditions about WireGuard devices and the addresses of the mesh.
extension ScenarioRun {
    /// Every device holds exactly the machines whose agents run, without its own, each with its route.
    func lookAtAllPeers(on places: [String]) async throws -> Look {
        try await learnDirectory()
        let members = await network.machinesRunning("agent")
        var expected: [String: Identities.Identity] = [:]
        for name in members {
            guard let identity = directory.identities.current[name] else { return Look(.no, "\(name) is not registered") }
            expected[name] = identity
        }
        var wrong: [String] = []
        for place in places {
            let view = DeviceView(network: network, machine: place)
            guard let table = try await view.table() else {
                return Look(.unknown, "\(place) has no interface \(DeviceView.interface)")
            }
            let others = expected.filter { $0.key != place }
            let missing = others.filter { !table.holds($0.value.publicKey, $0.value.meshAddress) }.keys.sorted()
            let strangers = table.peers.count - others.values.count { table.keys.contains($0.publicKey) }
            if let first = missing.first {
                wrong.append("\(place) lacks \(missing.count == 1 ? first : "\(missing.count) peers")")
            }
            if strangers > 0 { wrong.append("\(place) has \(strangers) that should be gone") }
        }
        return .noneWrong(wrong, else: "\(places.count) devices hold their \(max(0, members.count - 1)) peers and no other")
    }

    func lookAtHandshakes(from: [String], to: [String], youngerThan limit: Duration) async throws -> Look {
        var wrong: [String] = []
        var oldest = 0.0
        let now = Date().timeIntervalSince1970
        for place in from {
            guard let table = try await DeviceView(network: network, machine: place).table() else {
                return Look(.unknown, "\(place) has no interface \(DeviceView.interface)")
            }
            for peer in to where peer != place {
                guard let identity = directory.identities.current[peer] else {
                    return Look(.unknown, "\(peer) is not registered")
                }
                let handshake = table.peers.first { $0.publicKey == identity.publicKey }?.lastHandshake
                let age = handshake.map { now - Double($0.seconds) }
                if let age, age <= limit.inSeconds {
                    oldest = max(oldest, age)
                } else {
                    wrong.append("\(place)->\(peer): \(age.map { "\(Int($0)) s ago" } ?? "no session")")
                }
            }
        }
        return .noneWrong(wrong, else: "the oldest handshake was \(Int(oldest.rounded(.up))) s ago")
    }

    /// Nobody shares an address, and nobody has another one than at first.
    func lookAtAddresses(_ names: [String]) async throws -> Look {
        try await learnDirectory()
        var wrong: [String] = []
        var owners: [IPAddress: String] = [:]
        for name in names {
            guard let first = directory.identities.first[name], let now = directory.identities.current[name] else {
                return Look(.unknown, "\(name) is not registered")
            }
            if first.meshAddress != now.meshAddress { wrong.append("\(name) had \(first.meshAddress), has \(now.meshAddress)") }
            if let other = owners[now.meshAddress] { wrong.append("\(other) and \(name) share \(now.meshAddress)") }
            owners[now.meshAddress] = name
        }
        return .noneWrong(wrong, else: "\(names.count) machines, \(owners.count) addresses, none changed")
    }
}
