import Basics
import ControlProtocol
import MessengerLogic

/// What a messenger goes by if nobody says otherwise: `warren-messenger defaults`.
public enum MessengerDefaults {
    private static let settings = MessengerSettings()

    public static let all =
        [
            ProgramDefault("port", count: MessengerSettings.defaultPort, "TCP port on the mesh address"),
            ProgramDefault("state", text: MessengerSettings.defaultStateDirectory, "where inbox and outbox are kept"),
            ProgramDefault(
                "timeout", .milliseconds(MessengerControl.defaultTimeoutMilliseconds), "the bound of a send that names none"),
            ProgramDefault(
                "longest-timeout", .milliseconds(MessengerControl.timeoutRange.upperBound), "the longest bound of a send"),
            ProgramDefault(
                "expiry", .milliseconds(MessengerControl.defaultExpiryMilliseconds), "how long a queued message is tried"),
            ProgramDefault("longest-expiry", .milliseconds(MessengerControl.expiryRange.upperBound), "the same at the most"),
            ProgramDefault("inbox-answer", count: MessengerControl.inboxLimit, "messages in one answer of the inbox"),
            ProgramDefault("inbox-default", count: MessengerControl.inboxDefault, "the same if nothing is said"),
            ProgramDefault("frame-time", settings.frameDeadline, "what a peer may take for a frame"),
            ProgramDefault("idle-time", settings.idleDeadline, "how long a welcomed peer may say nothing"),
            ProgramDefault("directory-time", settings.directoryDeadline, "what the agent may take to say who is who"),
            ProgramDefault("roster-age", settings.rosterAge, "how long an answer of the agent serves"),
            ProgramDefault("follow", settings.followInterval, "the pause between two looks at the agent while messages wait"),
            ProgramDefault("watch", settings.watchInterval, "the same while all is well"),
            ProgramDefault("opening", settings.openingDeadline, "what TCP, and then the welcome, may take"),
            ProgramDefault("connections-per-peer", count: settings.connectionsPerPeer, "inbound connections from one address"),
            ProgramDefault("connections", count: settings.connectionsInAll, "inbound connections"),
            ProgramDefault("sends", count: settings.sendsAtOnce, "sends under way"),
            ProgramDefault("unread", bytes: FrameHandler.unreadLimit, "what is received and not read, for one connection"),
            ProgramDefault("control-body", bytes: ControlRoutes.bodyLimit, "the body of a control request"),
            ProgramDefault("outbox-kept", count: OutboxStore.endedKept, "messages kept in the outbox after their end"),
        ] + MessengerLogicDefaults.all
}
