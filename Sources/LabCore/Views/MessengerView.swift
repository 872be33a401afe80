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

    /// A page of the inbox: messages with greater sequence numbers, the earliest ones first.
    func inbox(after sequence: Int64) async throws -> [InboxMessage] {
        let query = "?after=\(sequence)&limit=\(MessengerControl.inboxLimit)"
        return try await LocalControlClient(socket: socket).get(MessengerControl.inbox + query, timeout: .seconds(30))
    }

    /// A page of the outbox, likewise; nil: the latest one.
    func sent(after sequence: Int64?) async throws -> [SentMessage] {
        let query = "?limit=\(MessengerControl.inboxLimit)" + (sequence.map { "&after=\($0)" } ?? "")
        return try await LocalControlClient(socket: socket).get(MessengerControl.sent + query, timeout: .seconds(30))
    }
}
