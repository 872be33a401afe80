import MeshModel

/// The messenger's control socket: its name and its routes.
public enum MessengerControl {
    /// The socket's file name in the run directory.
    public static let socketName = "messenger.sock"
    /// `POST` a `SendRequest`; the answer is a `SendResult`, also for a send that failed.
    public static let send = "/v1/send"
    /// `GET`: an array of `InboxMessage`, oldest first. Query: `after` (a sequence number; only later messages), `limit`
    /// (1…`inboxLimit`, by default `inboxDefault`). Without `after`: the latest ones.
    public static let inbox = "/v1/inbox"
    /// `GET`: an array of `SentMessage`, oldest first. Query: `after` and `limit`, as for the inbox.
    public static let sent = "/v1/sent"
    /// `POST` a `BroadcastRequest`; the answer is an array of `BroadcastResult`, by name.
    public static let broadcast = "/v1/broadcast"
    /// `POST` a `PingRequest`; the answer is a `PingResult`, also without a sign of life.
    public static let ping = "/v1/ping"
    /// `GET`: a `MessengerStatus`.
    public static let status = "/v1/status"

    /// The most messages in one answer.
    public static let inboxLimit = 1_000
    /// How many messages an answer holds when nothing is said.
    public static let inboxDefault = 100
    /// The bound of a send that names none, in milliseconds.
    public static let defaultTimeoutMilliseconds = 5_000
    /// The bounds that a send may ask for, in milliseconds.
    public static let timeoutRange = 1...300_000
    /// How long a queued message may be kept, in milliseconds: 1 ms to 30 days.
    public static let expiryRange = 1...2_592_000_000
    /// How long a queued message is kept if nothing is said, in milliseconds: a day.
    public static let defaultExpiryMilliseconds = 86_400_000
}

/// Body of `POST /v1/send` on the messenger's control socket.
public struct SendRequest: Codable, Sendable, Hashable {
    public var to: MachineName
    public var text: String
    /// The bound: milliseconds until the send has failed if nothing else has come of it.
    public var timeoutMilliseconds: Int
    /// Keep trying for so long, in milliseconds, if the message cannot be delivered within the bound. Absent: do not.
    public var expiresMilliseconds: Int?

    public init(to: MachineName, text: String, timeoutMilliseconds: Int, expiresMilliseconds: Int? = nil) {
        self.to = to
        self.text = text
        self.timeoutMilliseconds = timeoutMilliseconds
        self.expiresMilliseconds = expiresMilliseconds
    }
}

/// What came of a send: exactly one of these, within the bound.
public struct SendResult: Codable, Sendable, Hashable {
    public enum Outcome: String, Codable, Sendable, Hashable {
        case delivered, failed
        /// Not delivered within the bound; the messenger keeps it and keeps trying. Only if the request asked for it.
        case queued
    }
    /// Why a send failed.
    public enum Reason: String, Codable, Sendable, Hashable, CaseIterable {
        /// No machine of that name in the mesh's directory.
        case unknownName = "unknown-name"
        /// The mesh knows the machine and has dropped it.
        case notReachable = "not-reachable"
        /// The machine answered, but no messenger listens there, or the one that does refused the message.
        case refused
        /// No acknowledgement within the bound.
        case timedOut = "timed-out"
        /// This machine is not in a mesh, or its agent does not answer.
        case notAMember = "not-a-member"
        /// The other end broke the protocol.
        case protocolError = "protocol-error"
        /// It was queued, and could not be delivered before its expiry.
        case expired
        /// The receiver's inbox has no room.
        case receiverFull = "receiver-full"
        /// Too many messages wait for that machine already.
        case lineFull = "line-full"
        /// The messenger ended before the send did.
        case interrupted
    }

    /// The message's id, the same on both ends.
    public var id: String
    public var outcome: Outcome
    public var reason: Reason?
    /// For a person.
    public var detail: String
    /// From the request to the outcome.
    public var milliseconds: Double

    public init(id: String, outcome: Outcome, reason: Reason?, detail: String, milliseconds: Double) {
        self.id = id
        self.outcome = outcome
        self.reason = reason
        self.detail = detail
        self.milliseconds = milliseconds
    }
}

/// A message in `GET /v1/inbox` on the messenger's control socket.
public struct InboxMessage: Codable, Sendable, Hashable {
    public var id: String
    /// Its place in this inbox: grows with each message and is never used again.
    public var sequence: Int64
    /// The sender: the name that the directory gives the source mesh address.
    public var from: MachineName
    public var text: String
    /// When it was stored, RFC 3339 in UTC, for people.
    public var receivedAt: String

    public init(id: String, sequence: Int64, from: MachineName, text: String, receivedAt: String) {
        self.id = id
        self.sequence = sequence
        self.from = from
        self.text = text
        self.receivedAt = receivedAt
    }
}
