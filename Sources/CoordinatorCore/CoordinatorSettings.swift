import Basics
import ControlProtocol
import CoordinatorLogic
import MeshModel

/// Everything that one coordinator is told at its start.
public struct CoordinatorSettings: Sendable {
    /// The data directory; made if it is missing.
    public let data: String
    /// Where the public API listens. Port 0 lets the kernel choose.
    public let listen: ListenAddress
    /// How the public API is served.
    public let transport: TransportChoice
    /// Where mesh addresses come from.
    public let pool: IPPrefix
    /// What machines are told, and what their silence means, in a fleet that `heartbeatCeiling` has room for.
    public let liveness: LivenessSettings
    /// Seconds that the mesh address of a machine that left or was removed is not given to another one, 0…2,592,000.
    public let addressQuarantine: Int64
    /// The most heartbeats per second of all machines together: a larger fleet reports less often.
    public let heartbeatCeiling: Int
    /// What clients may do.
    public var clients = ConnectionLimits()

    /// The mesh pool, if not told otherwise.
    public static let defaultPool = "100.64.0.0/10"
    /// The port of the public API, if not told otherwise.
    public static let defaultPort: UInt16 = 7_400
    /// How often a machine reports, if not told otherwise.
    public static let defaultHeartbeatInterval = Duration.seconds(1)
    /// Silence until a machine is suspect, if not told otherwise: two heartbeats may be lost.
    public static let defaultSuspectAfter = Duration.seconds(3)
    /// Silence until a machine is unresponsive, if not told otherwise: time for witnesses to be asked twice.
    public static let defaultUnresponsiveAfter = Duration.seconds(6)
    /// How long a released address rests, if not told otherwise: longer than any peer map that a machine could still be going by.
    public static let defaultQuarantine = Duration.seconds(3_600)
    /// The longest quarantine.
    public static let longestQuarantine = Duration.seconds(30 * 86_400)
    /// The shortest heartbeat interval that is accepted.
    public static let shortestInterval = Duration.milliseconds(20)
    /// Heartbeats per second of all machines together, if not told otherwise.
    public static let defaultHeartbeatCeiling = HeartbeatPace.defaultCeiling
    /// The heartbeats per second that may be allowed.
    public static let ceilings = 1...1_000_000
    /// The longest silence that can be waited for.
    public static let longestSilence = Duration.seconds(86_400)

    /// - Throws: `CodedError` with code `bad-settings` or `bad-pool` that says what is allowed.
    public init(
        data: String, listen: ListenAddress, transport: TransportChoice = .ownCertificate, pool: IPPrefix,
        heartbeatInterval: Duration = CoordinatorSettings.defaultHeartbeatInterval,
        suspectAfter: Duration = CoordinatorSettings.defaultSuspectAfter,
        unresponsiveAfter: Duration = CoordinatorSettings.defaultUnresponsiveAfter,
        addressQuarantine: Duration = CoordinatorSettings.defaultQuarantine,
        heartbeatCeiling: Int = CoordinatorSettings.defaultHeartbeatCeiling
    ) throws(CodedError) {
        guard !data.isEmpty else { throw CodedError("bad-settings", "the data directory must not be empty") }
        let inOrder = heartbeatInterval < suspectAfter && suspectAfter < unresponsiveAfter
        guard inOrder, heartbeatInterval >= Self.shortestInterval, unresponsiveAfter <= Self.longestSilence else {
            throw CodedError(
                "bad-settings",
                """
                the heartbeat interval (\(DurationText.format(heartbeatInterval))) must be at least \
                \(DurationText.format(Self.shortestInterval)) and shorter than suspect-after (\(DurationText.format(suspectAfter))), \
                which must be shorter than unresponsive-after (\(DurationText.format(unresponsiveAfter))), which must be at most \
                \(DurationText.format(Self.longestSilence))
                """)
        }
        guard (.zero...Self.longestQuarantine).contains(addressQuarantine) else {
            throw CodedError(
                "bad-settings",
                "the address quarantine (\(DurationText.format(addressQuarantine))) must be at most \(DurationText.format(Self.longestQuarantine))"
            )
        }
        self.addressQuarantine = (addressQuarantine.wholeMilliseconds + 999) / 1_000
        guard Self.ceilings.contains(heartbeatCeiling) else {
            throw CodedError(
                "bad-settings",
                "the heartbeat ceiling must be \(Self.ceilings.lowerBound) to \(Self.ceilings.upperBound) per second: found \(heartbeatCeiling)"
            )
        }
        _ = try AddressPool(prefix: pool)
        self.heartbeatCeiling = heartbeatCeiling
        self.data = data
        self.listen = listen
        self.transport = transport
        self.pool = pool
        liveness = LivenessSettings(
            heartbeatIntervalMilliseconds: Int(heartbeatInterval.wholeMilliseconds),
            suspectAfterMilliseconds: Int(suspectAfter.wholeMilliseconds),
            unresponsiveAfterMilliseconds: Int(unresponsiveAfter.wholeMilliseconds))
    }

    /// The limits that the liveness tracker works with.
    func limits() throws(CodedError) -> LivenessLimits {
        try LivenessLimits(
            heartbeatInterval: .milliseconds(liveness.heartbeatIntervalMilliseconds),
            suspectAfter: .milliseconds(liveness.suspectAfterMilliseconds),
            unresponsiveAfter: .milliseconds(liveness.unresponsiveAfterMilliseconds))
    }
}

/// A local IP address and a TCP port to listen on: `0.0.0.0:7400` or `[::]:7400`.
public struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    /// An address of this machine, or the one that means all of them.
    public let address: IPAddress
    /// 0 lets the kernel choose.
    public let port: UInt16

    /// What `init(_:)` accepts, for error messages.
    public static let allowed = "an IP address and a port, such as 0.0.0.0:7400 or [::]:7400; port 0 lets the kernel choose"

    public init(address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// Reads the form that `description` writes; nil for anything else.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
        let host = text[..<colon]
        let bracketed = host.hasPrefix("[") && host.hasSuffix("]")
        guard let address = IPAddress(String(bracketed ? host.dropFirst().dropLast() : host)), address.isIPv4 != bracketed else {
            return nil
        }
        self.init(address: address, port: port)
    }

    public var description: String { address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)" }
}
