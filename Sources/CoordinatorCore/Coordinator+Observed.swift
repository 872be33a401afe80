import ControlProtocol
import CoordinatorLogic
import Logging
import MeshModel
import Observability

extension Coordinator {
    /// Takes where a machine's heartbeat came from, and where the machine sees others.
    ///
    /// - Returns: whether there is something to tell everybody.
    func takeObserved(_ reports: [ObservedEndpoint], from id: MachineID, at remote: IPAddress?) -> Bool {
        let changed = membership.noteObserved(
            reports.map { ($0.machine, $0.endpoint) }, by: id, from: remote, at: clock.monotonic())
        for id in changed {
            guard let peer = membership.registry[id] else { continue }
            let endpoints = (peer.observedEndpoints ?? []).map(\.description)
            logger.event(
                "machine-endpoints-observed",
                endpoints.isEmpty
                    ? "\(peer.name) is seen at no other address than its own any longer"
                    : "\(peer.name) is seen at \(endpoints.joined(separator: ", "))",
                [
                    "machine": "\(id)", "name": "\(peer.name)", "endpoints": "\(endpoints.joined(separator: ","))",
                    "revision": .stringConvertible(position.revision),
                ])
        }
        return !changed.isEmpty
    }
}
