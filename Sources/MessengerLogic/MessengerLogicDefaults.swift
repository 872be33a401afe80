import Basics

/// What the messenger's decisions go by if nobody says otherwise.
public enum MessengerLogicDefaults {
    private static let line = LineLimits()

    public static let all: [ProgramDefault] = [
        ProgramDefault("line", count: line.entries, "messages that wait for one machine"),
        ProgramDefault("line-size", bytes: line.bytes, "bytes of text that wait for one machine"),
        ProgramDefault("window", count: line.window, "messages that are sent and not acknowledged, to one machine"),
        ProgramDefault("window-size", bytes: line.windowBytes, "bytes of text of these"),
        ProgramDefault("acknowledgement", line.acknowledgement, "how long an acknowledgement may take"),
        ProgramDefault("idle", line.idle, "how long a connection is kept that nobody needs"),
        ProgramDefault("retry", LineLimits.firstPause, "the first pause between two attempts"),
        ProgramDefault("longest-retry", LineLimits.longestPause, "the longest"),
        ProgramDefault("reserve", LineEntry.longestReserve, "what is kept of a bound for telling the outcome, at the most"),
        ProgramDefault("text", bytes: MessageText.lengthRange.upperBound, "the longest text of a message"),
        ProgramDefault("frame", bytes: RawFrame.lengthRange.upperBound, "the longest frame"),
        ProgramDefault("frame-json", bytes: Frame.jsonLimit, "the longest JSON body of a frame"),
        ProgramDefault("inbox", count: InboxLimits().messages, "messages that the inbox holds"),
        ProgramDefault("inbox-size", bytes: InboxLimits().bytes, "bytes of text that the inbox holds"),
    ]
}
