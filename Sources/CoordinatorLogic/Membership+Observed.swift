import Basics
import MeshModel

extension Membership {
    /// Takes what a heartbeat shows of where machines are: its own source, and where its sender sees others.
    ///
    /// Reports about machines that are not registered, about the sender itself, and of addresses that cannot be right are passed over.
    ///
    /// - Parameters:
    ///   - reports: what the sender sees.
    ///   - remote: the address that the heartbeat came from; nil if that says nothing.
    /// - Returns: the machines that have other observed endpoints now.
    public mutating func noteObserved(
        _ reports: [(machine: MachineID, endpoint: Endpoint)], by sender: MachineID, from remote: IPAddress?,
        at now: MonotonicTime
    ) -> [MachineID] {
        var concerned = [sender]
        noteSource(remote, of: sender, at: now)
        let mesh = meshRanges
        for report in reports where report.machine != sender && registry[report.machine] != nil {
            guard ObservedEndpoints.isAcceptable(report.endpoint.address, mesh: mesh) else { continue }
            observed.note(report.endpoint, of: report.machine, by: .peer(sender), at: now)
            if !concerned.contains(report.machine) { concerned.append(report.machine) }
        }
        return concerned.filter { id in
            guard let peer = registry[id] else { return false }
            return registry.setObservedEndpoints(observed.endpoints(of: id, besides: peer.endpoints, at: now), of: id)
        }
    }

    /// The coordinator's own guess: the address that the machine's requests come from, with the port of its first candidate.
    private mutating func noteSource(_ remote: IPAddress?, of sender: MachineID, at now: MonotonicTime) {
        guard let remote, let announced = registry[sender]?.endpoints, let port = announced.first?.port,
            !announced.contains(where: { $0.address == remote }), ObservedEndpoints.isAcceptable(remote, mesh: meshRanges)
        else { return observed.forgetGuess(of: sender) }
        observed.note(Endpoint(address: remote, port: port), of: sender, by: .coordinator, at: now)
    }

    private var meshRanges: [IPPrefix] { [registry.meshPrefix] + (registry.meshPrefix6.map { [$0.prefix] } ?? []) }
}
