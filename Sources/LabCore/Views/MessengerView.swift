import Basics
import ControlProtocol
import LocalControl

/// A machine's messenger.
struct MessengerView {
    let socket: String

    /// Sends a message; the answer comes within the bound, or a little later if the messenger breaks its word.
    func send(_ request: SendRequest) async throws -> SendResult {
        try await LocalControlClient(socket: socket).post(
            "/v1/send", body: request, timeout: .milliseconds(request.timeoutMilliseconds) + .seconds(2))
    }

    /// The newest messages.
    func inbox(limit: Int) async throws -> [InboxMessage] {
        try await LocalControlClient(socket: socket).get("/v1/inbox?limit=\(limit)")
    }
}
