import Basics

/// What the agent's decisions go by if nobody says otherwise.
public enum AgentLogicDefaults {
    private static let formation = FormationSettings()

    public static let all: [ProgramDefault] = [
        ProgramDefault("probe-port", count: ProbePacket.port, "UDP port of probes, on mesh addresses"),
        ProgramDefault(
            "evidence-time", KeptPeers.firstPatience,
            "how long a machine that is called unresponsive is probed before it is dropped"),
        ProgramDefault("evidence-interval", KeptPeers.interval, "how often one that was kept is probed again"),
        ProgramDefault("retry-least", formation.retry.lowerBound, "the shortest pause between two starts of a handshake"),
        ProgramDefault("retry-most", formation.retry.upperBound, "the longest, as long as not each endpoint has had its turn"),
        ProgramDefault("half-open", formation.probeLimit, "a new session over which nothing comes for so long is given up"),
        ProgramDefault("half-open-at-rest", formation.probeLimitAtRest, "the same with a machine that has been there for long"),
        ProgramDefault("look", formation.lookInterval, "the pause between two looks at the device while something forms"),
        ProgramDefault("look-at-rest", formation.restInterval, "the pause between two looks at the device at rest"),
        ProgramDefault("session-lifetime", formation.sessionLifetime, "WireGuard uses no session that is older"),
        ProgramDefault("largest-mtu", bytes: TunnelMTU.standard, "the MTU is never larger by itself"),
        ProgramDefault("least-mtu", bytes: TunnelMTU.minimum, "the MTU is never smaller by itself"),
        ProgramDefault("pin-patience", Pins.patience, "how long another key or address is refused"),
        ProgramDefault("observation-refresh", EndpointReports.refresh, "how often an observed endpoint is said again"),
        ProgramDefault("observation-spacing", EndpointReports.spacing, "changes of observed endpoints are told no more often"),
        ProgramDefault("map-patience", CoordinatorWord.patience, "a remembered peer map waits so long for the coordinator"),
    ]
}
