import Basics
import ControlProtocol
import LocalControl

/// The coordinator as an administrator sees it.
struct CoordinatorView {
    let socket: String

    /// Every registered machine.
    func machines() async throws -> MachineList {
        try await LocalControlClient(socket: socket).get(APIPath.machines, timeout: .seconds(2))
    }
}
