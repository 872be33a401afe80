import Basics
import ControlProtocol
import CoordinatorLogic
import MeshModel

/// What a coordinator goes by if nobody says otherwise: `warren-coordinator defaults`.
public enum CoordinatorDefaults {
    public static let all = settings + connections + streams + records + CoordinatorLogicDefaults.all

    private static let settings: [ProgramDefault] = [
        ProgramDefault("port", count: CoordinatorSettings.defaultPort, "TCP port of the public API"),
        ProgramDefault("heartbeat-interval", CoordinatorSettings.defaultHeartbeatInterval, "how often a machine reports"),
        ProgramDefault("suspect-after", CoordinatorSettings.defaultSuspectAfter, "silence until a machine is suspect"),
        ProgramDefault(
            "unresponsive-after", CoordinatorSettings.defaultUnresponsiveAfter, "silence until a machine is unresponsive"),
        ProgramDefault("pool", text: CoordinatorSettings.defaultPool, "where mesh addresses come from"),
        ProgramDefault(
            "address-quarantine", CoordinatorSettings.defaultQuarantine, "a released address goes to nobody else for so long"),
        ProgramDefault(
            "end", CoordinatorServer.shutdownPatience + BoundedClosing.patience, "from SIGTERM to the end, at the most"),
    ]

    private static let connections: [ProgramDefault] = [
        ProgramDefault("body", bytes: RequestReading.bodyLimit, "the largest body of a request"),
        ProgramDefault("request-time", ConnectionLimits().requestTime, "a request, from its first byte to its last"),
        ProgramDefault("handshake-time", ConnectionLimits().handshakeTime, "a TLS handshake"),
        ProgramDefault("idle-time", ConnectionLimits().idleTime, "a connection without a request"),
        ProgramDefault(
            "newcomer-time", ConnectionLimits().newcomerTime, "the same while nobody has shown a valid credential on it"),
        ProgramDefault("reader-time", ConnectionLimits().readerTime, "an answer that its reader does not take"),
        ProgramDefault(
            "reserved-descriptors", count: CoordinatorServer.reservedDescriptors, "file descriptors that are no clients'"),
        ProgramDefault("machine-rate", count: ConnectionLimits().machineRate, "requests a second of one machine"),
        ProgramDefault(
            "machine-burst", count: RequestLimits.machineBurst(ConnectionLimits().machineRate), "requests at once of one machine"),
        ProgramDefault(
            "address-rate", count: ConnectionLimits().addressRate, "requests a second of one address, without a proof of who asks"
        ),
        ProgramDefault(
            "address-burst", count: RequestLimits.addressBurst(ConnectionLimits().addressRate), "such requests at once"),
        ProgramDefault("admin-connections", count: CoordinatorServer.adminConnections, "connections to the admin socket"),
        ProgramDefault("challenge-lifetime", ChallengeBook.lifetime, "how long a challenge is good"),
        ProgramDefault("endpoints", count: RegistrationRequest.endpointLimit, "endpoints that a machine may offer"),
        ProgramDefault("observations", count: HeartbeatRequest.observationLimit, "answers of a witness in one heartbeat"),
        ProgramDefault("observed-endpoints", count: ObservedEndpoint.limit, "observed endpoints in one heartbeat"),
        ProgramDefault("clone-answer", Coordinator.answerTime, "what an old stream has to break when its machine starts again"),
    ]

    private static let streams: [ProgramDefault] = [
        ProgramDefault("keepalive", .seconds(StreamLine.keepaliveSeconds), "a stream that was quiet for so long gets a line"),
        ProgramDefault("stream-silence", .seconds(3 * StreamLine.keepaliveSeconds), "silence from which a stream is broken"),
        ProgramDefault("gathering", StreamHub.longestPause, "how long changes of the map are gathered at the most"),
        ProgramDefault("gathering-per-stream", StreamHub.pausePerStream, "the same for each open stream"),
        ProgramDefault(
            "reconnect-spread", Coordinator.spreadPerStream, "over which streams come back after a stop, for each of them"),
        ProgramDefault("longest-spread", Coordinator.longestSpread, "the same for all of them together, at the most"),
        ProgramDefault("former-keys", count: Peer.formerKeyLimit, "former keys that are remembered"),
        ProgramDefault("peer-observed", count: Peer.observedLimit, "observed endpoints of one machine"),
    ]

    private static let records: [ProgramDefault] = [
        ProgramDefault("events", count: Store.eventLimit, "membership events that are kept"),
        ProgramDefault("event-page", count: EventQuery.largestLimit, "events in one answer"),
        ProgramDefault("event-queue", count: EventQueue.capacity, "events that wait for the disk"),
        ProgramDefault("followers", count: Coordinator.followerLimit, "connections that follow the events"),
        ProgramDefault("tokens", count: Store.tokenLimit, "join tokens that are kept"),
        ProgramDefault("token-life", TokenRequest.defaultLife, "how long a join token is valid"),
        ProgramDefault("longest-token-life", .seconds(TokenRequest.longestLife), "the same at the most"),
        ProgramDefault("waiting", count: WriteLane.waitingLimit, "changes of the membership that wait for the disk"),
        ProgramDefault(
            "certificate-notice", .seconds(CertificateCheck.notice * 86_400), "doctor warns so long before a certificate ends"),
    ]
}
