import MeshModel

/// Answer to `GET /v1/status` on the messenger's control socket.
public struct MessengerStatus: Codable, Sendable, Hashable {
    public var version: String
    /// This machine's name, once the agent has told it.
    public var name: MachineName?
    /// Where it listens, `100.64.0.3:7411`; absent while it does not.
    public var listening: String?
    /// Whether the agent answered the last time it was asked.
    public var agentReachable: Bool
    /// Messages in the inbox.
    public var stored: Int
    /// Inbound connections open now.
    public var connections: Int
    public var counters: Counters

    /// Counts since the messenger started.
    public struct Counters: Codable, Sendable, Hashable {
        /// Sends that ended as delivered.
        public var delivered = 0
        /// Sends that ended as failed.
        public var failed = 0
        /// Messages taken into the inbox.
        public var received = 0
        /// Messages that were there already and were acknowledged again.
        public var duplicates = 0
        /// Inbound connections refused, and those closed because of what came over them.
        public var refused = 0

        /// All zero.
        public init() {}
    }

    public init(
        version: String, name: MachineName?, listening: String?, agentReachable: Bool, stored: Int, connections: Int,
        counters: Counters
    ) {
        self.version = version
        self.name = name
        self.listening = listening
        self.agentReachable = agentReachable
        self.stored = stored
        self.connections = connections
        self.counters = counters
    }
}
