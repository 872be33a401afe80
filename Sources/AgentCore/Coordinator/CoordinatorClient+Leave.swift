import ControlProtocol
import MeshModel

extension CoordinatorClient {
    /// Takes the machine out of the mesh. To ask again for one that is gone is refused as `unauthorized`.
    func leave(_ machine: Registration, at coordinator: String, limit: Duration) async throws(CoordinatorFailure) {
        let request = request(coordinator + APIPath.machine(machine.id), "DELETE", bearer: machine.credential)
        _ = try await execute(request, limit: limit)
    }
}
