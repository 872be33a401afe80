import MessengerLogic

/// How a messenger runs.
public struct MessengerSettings: Sendable {
    /// Holds the inbox; made with mode 0700 if it is missing.
    public var stateDirectory: String
    /// Holds the control socket, and the agent's.
    public var runDirectory: String
    /// TCP port on the mesh address: where this messenger listens, and where it expects the others to.
    public var port: UInt16
    /// How long a peer may take for a frame, and for reading an answer.
    public var frameDeadline: Duration = .seconds(10)
    /// How long a peer that was welcomed may say nothing: longer than a sender keeps a connection that it does not need.
    public var idleDeadline: Duration = .seconds(90)
    /// How long the agent may take to answer who is who. A send's own bound may be shorter.
    public var directoryDeadline: Duration = .seconds(2)
    /// For how long an answer of the agent serves for further sends.
    public var rosterAge: Duration = .milliseconds(100)
    /// Pause between two looks at the agent while messages wait or connections are open: how soon a machine that went or came is
    /// noticed.
    public var followInterval: Duration = .milliseconds(200)
    /// How long a TCP connection, and then the answer to a hello, may take. A send's own bound may be shorter.
    public var openingDeadline: Duration = .seconds(3)
    /// How much the inbox holds.
    public var inbox = InboxLimits()
    /// The bounds of the line of messages to each machine.
    public var line = LineLimits()
    /// Pause between two looks at the agent for this machine's own address, while all is well.
    public var watchInterval: Duration = .seconds(1)
    /// The most inbound connections from one address.
    public var connectionsPerPeer = 64
    /// The most inbound connections in all.
    public var connectionsInAll = 1_024
    /// The most sends under way at one time.
    public var sendsAtOnce = 256

    /// The TCP port by default.
    public static let defaultPort: UInt16 = 7_411
    /// The run directory by default.
    public static let defaultRunDirectory = "/run/warren"
    /// The state directory by default.
    public static let defaultStateDirectory = "/var/lib/warren/messenger"

    public init(
        stateDirectory: String = defaultStateDirectory, runDirectory: String = defaultRunDirectory, port: UInt16 = defaultPort
    ) {
        self.stateDirectory = stateDirectory
        self.runDirectory = runDirectory
        self.port = port
    }
}
