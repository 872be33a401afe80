import ControlProtocol
import MeshModel

/// A moment as people read it: the state machine has no clock and no time zone.
public struct Stamp: Hashable, Sendable {
    /// `Saturday, 28 November 2026`
    public var day: String
    /// `16:24`
    public var time: String

    public init(day: String, time: String) {
        self.day = day
        self.time = time
    }
}

/// A message with its moment.
public struct Stamped<Message: Sendable & Hashable>: Sendable, Hashable {
    public var stamp: Stamp
    public var message: Message

    public init(_ message: Message, at stamp: Stamp) {
        self.stamp = stamp
        self.message = message
    }
}

/// What the chat learns.
public enum ChatEvent: Sendable, Hashable {
    case key(Key)
    case resize(columns: Int, rows: Int)
    /// What was received before, once, before anything else.
    case history(received: [Stamped<InboxMessage>], sent: [Stamped<SentMessage>])
    case received([Stamped<InboxMessage>])
    /// What came of the send with that number.
    case sendEnded(Int, SendResult)
    case broadcastEnded(Int, [BroadcastResult])
    /// The messenger did not take it.
    case notTaken(Int, String)
    /// How sends stand, the latest ones.
    case sent([SentMessage])
    case members(MeshMembers)
    /// The messenger, or the agent, does not answer, in words for a person; nil: it does again.
    case trouble(String?)
}

/// What the chat wants done.
public enum ChatAction: Sendable, Hashable {
    /// Send to one machine; `sendEnded` or `notTaken` with the number follows.
    case send(Int, to: MachineName, text: String, keep: Bool)
    /// Send to all others; `broadcastEnded` or `notTaken` follows.
    case broadcast(Int, text: String)
    /// Stop for a while, as the shell's job control has it.
    case suspend
    /// Draw everything anew: something else has written to the terminal.
    case repaint
    case quit
}
