import AgentLogic
import Basics

/// What an agent goes by if nobody says otherwise: `warren-agent defaults`.
public enum AgentDefaults {
    public static let all =
        [
            ProgramDefault("listen-port", count: AgentSettings.defaultListenPort, "UDP port of WireGuard"),
            ProgramDefault("interface", text: AgentSettings.defaultInterface, "the WireGuard interface"),
            ProgramDefault("state", text: AgentSettings.defaultStateDirectory, "where the identity is kept"),
            ProgramDefault("run-dir", text: AgentSettings.defaultRunDirectory, "where the control socket is made"),
            ProgramDefault("hosts-file", text: AgentSettings.defaultHostsFile, "where names of machines are written"),
            ProgramDefault("stream-silence", PeerStreamReader.silenceLimit, "a quiet stream is given up after so long"),
            ProgramDefault(
                "underlay-look", UnderlayLoop.lookInterval, "how often addresses are looked at if they cannot be watched"),
            ProgramDefault(
                "map-gathering", DataPlane.longestGathering, "how long news are gathered at most after a round"),
        ] + AgentLogicDefaults.all
}
