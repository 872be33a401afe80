import Basics
import ControlProtocol
import LocalControl

/// A machine's agent, over its control socket.
struct AgentView {
    let socket: String

    func status() async throws -> AgentStatus {
        try await LocalControlClient(socket: socket).get("/v1/status", timeout: .seconds(2))
    }
}
