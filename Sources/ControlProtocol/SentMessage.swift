import MeshModel

/// A message in `GET /v1/sent` on the messenger's control socket.
public struct SentMessage: Codable, Sendable, Hashable {
    /// How a send stands. One that is delivered or failed stays so.
    public enum State: String, Codable, Sendable, Hashable { case pending, queued, delivered, failed }

    public var id: String
    /// Its place in this outbox: grows with each send and is never used again.
    public var sequence: Int64
    public var to: MachineName
    public var text: String
    /// `pending` while the send is under way.
    public var outcome: State
    /// Why it failed.
    public var reason: SendResult.Reason?
    /// For a person; empty while it is pending.
    public var detail: String
    /// When it was taken, RFC 3339 in UTC, for people.
    public var sentAt: String
    /// When it was delivered or failed.
    public var endedAt: String?
    /// Until when it is tried, if it was to be queued.
    public var expiresAt: String?
    /// The bound that its sender asked for. Absent for messages from before this was kept.
    public var timeoutMilliseconds: Int?
    /// For how long it is tried, if it was to be queued.
    public var expiresMilliseconds: Int?
    /// From `sentAt` to `endedAt`, by the clock of the day.
    public var milliseconds: Int?

    public init(
        id: String, sequence: Int64, to: MachineName, text: String, outcome: State, reason: SendResult.Reason?, detail: String,
        sentAt: String, endedAt: String?, expiresAt: String?, timeoutMilliseconds: Int? = nil, expiresMilliseconds: Int? = nil,
        milliseconds: Int? = nil
    ) {
        self.id = id
        self.sequence = sequence
        self.to = to
        self.text = text
        self.outcome = outcome
        self.reason = reason
        self.detail = detail
        self.sentAt = sentAt
        self.endedAt = endedAt
        self.expiresAt = expiresAt
        self.timeoutMilliseconds = timeoutMilliseconds
        self.expiresMilliseconds = expiresMilliseconds
        self.milliseconds = milliseconds
    }
}
