import Basics
import MeshModel

/// One inbound connection: a hello, then messages, each answered before the next one is read.
public struct ReceiveSession: Sendable {
    /// What is to be done about a frame.
    public enum Step: Hashable, Sendable {
        /// Find out who has the source address; then `identified` or `refuse`.
        case identify(Hello)
        /// Store it; then acknowledge.
        case store(MessageKey, MessageText)
        /// Send this.
        case answer(Frame)
        /// Send this and close.
        case refuse(Refusal)
    }

    private enum State: Hashable {
        case greeting
        case identifying(version: Int)
        case open(Roster.Member)
    }

    private var state = State.greeting

    public init() {}

    /// Who sends, once known.
    public var sender: Roster.Member? {
        if case .open(let member) = state { return member }
        return nil
    }

    /// Takes a frame of the peer.
    public mutating func handle(_ frame: Frame) -> Step {
        switch (state, frame) {
        case (.greeting, .hello(let hello)):
            guard let version = hello.versions.filter(Hello.spoken.contains).max() else {
                let spoken = Hello.spoken.map(String.init).joined(separator: ", ")
                return .refuse(Refusal(.unsupportedVersion, "this messenger speaks version \(spoken)"))
            }
            state = .identifying(version: version)
            return .identify(hello)
        case (.open(let member), .message(let id, let text)):
            return .store(MessageKey(sender: member.id, id: id), text)
        case (.open, .ping(let id)): return .answer(.pong(id))
        default:
            return .refuse(Refusal(.outOfTurn, "a connection is a hello and then messages"))
        }
    }

    /// Takes the answer to `identify`: the member of the directory that has the source address, if there is one.
    ///
    /// - Returns: the frame to answer with; after a refusal the connection is to be closed.
    public mutating func identified(as member: Roster.Member?, address: String) -> Frame {
        guard case .identifying(let version) = state else {
            return .refuse(Refusal(.outOfTurn, "a connection is a hello and then messages"))
        }
        guard let member else {
            return .refuse(Refusal(.unknownSender, "no machine of the mesh has the address \(address)"))
        }
        state = .open(member)
        return .welcome(Welcome(version: version, program: "warren-messenger/\(Version.current)"))
    }
}

/// What makes two messages the same one: the machine that the source address belongs to, and the id it gave the message.
///
/// Ids of different machines never meet, so that nobody can make another machine's message look like a duplicate.
public struct MessageKey: Hashable, Sendable {
    public let sender: MachineID
    public let id: MessageID

    public init(sender: MachineID, id: MessageID) {
        self.sender = sender
        self.id = id
    }
}
