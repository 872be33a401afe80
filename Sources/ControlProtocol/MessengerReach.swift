import MeshModel

/// Body of `POST /v1/broadcast` on the messenger's control socket.
public struct BroadcastRequest: Codable, Sendable, Hashable {
    public var text: String
    /// The bound of each send, in milliseconds.
    public var timeoutMilliseconds: Int

    public init(text: String, timeoutMilliseconds: Int) {
        self.text = text
        self.timeoutMilliseconds = timeoutMilliseconds
    }
}

/// What came of a broadcast for one machine.
public struct BroadcastResult: Codable, Sendable, Hashable {
    public var to: MachineName
    public var result: SendResult

    public init(to: MachineName, result: SendResult) {
        self.to = to
        self.result = result
    }
}

/// Body of `POST /v1/ping` on the messenger's control socket.
public struct PingRequest: Codable, Sendable, Hashable {
    public var to: MachineName
    /// The bound, in milliseconds.
    public var timeoutMilliseconds: Int

    public init(to: MachineName, timeoutMilliseconds: Int) {
        self.to = to
        self.timeoutMilliseconds = timeoutMilliseconds
    }
}

/// What came of a ping.
public struct PingResult: Codable, Sendable, Hashable {
    /// From the ping to its answer, over an open connection; 0 if none came.
    public var milliseconds: Double
    /// From the request until the connection was open; 0 if it was never.
    public var connectMilliseconds: Double
    /// Why there was no answer.
    public var reason: SendResult.Reason?
    /// For a person; empty if it was answered.
    public var detail: String

    public init(milliseconds: Double, connectMilliseconds: Double, reason: SendResult.Reason?, detail: String) {
        self.milliseconds = milliseconds
        self.connectMilliseconds = connectMilliseconds
        self.reason = reason
        self.detail = detail
    }
}
