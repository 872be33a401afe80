/// Bounds on what clients may do. The defaults are those of docs/api.md.
public struct ConnectionLimits: Sendable {
    /// From a request's first byte to its last.
    public var requestTime = Duration.seconds(10)
    /// How long a connection without a request is kept.
    public var idleTime = Duration.seconds(60)
    /// How long a TLS handshake may take.
    public var handshakeTime = Duration.seconds(10)
    /// How long a connection without a request is kept on which nobody has shown a valid credential or join token.
    public var newcomerTime = Duration.seconds(10)
    /// How long an answer may wait for its reader to take some of it.
    public var readerTime = SilentReader.patience
    /// The most connections from one address; nil for half of all.
    public var connectionsPerAddress: Int?
    /// The most connections on which nobody has shown a valid credential or join token; nil for half of all. One address has half of these
    /// at the most.
    public var newcomers: Int?
    /// Requests a second of one machine, with twice as many at once. Four heartbeats' worth if that is more.
    public var machineRate = 20
    /// Challenges, readings of the metrics, and requests of nobody knows whom, a second from one address, with four times as many at once.
    public var addressRate = 100

    public init() {}
}
