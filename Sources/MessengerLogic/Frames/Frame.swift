import Basics

/// What two messengers say to each other.
///
/// The one that connects speaks first: `hello`, then messages, several of which may be on their way. The other answers each
/// frame with one frame, in order: `welcome` or `refuse` to a hello, `acknowledge` or `refuse` to a message, `pong` to a ping. After a refusal the
/// connection is closed.
public enum Frame: Hashable, Sendable {
    /// Opens a connection.
    case hello(Hello)
    /// The hello was accepted; messages may follow.
    case welcome(Welcome)
    /// A message to the user of the other machine. It does not name its sender: the source mesh address does.
    case message(MessageID, MessageText)
    /// The message is on the receiver's disk.
    case acknowledge(MessageID)
    /// Asks for a sign of life; stands in the conversation where a message may.
    case ping(MessageID)
    /// The answer to a ping, with its id.
    case pong(MessageID)
    /// The frame before was not accepted.
    case refuse(Refusal)
}

/// Body of `hello`.
public struct Hello: Codable, Hashable, Sendable {
    /// The versions of this conversation that the sender speaks; 1…16 of them.
    public var versions: [Int]
    /// For the other side's log. Nothing is decided by it.
    public var program: String

    /// The versions of the conversation that this messenger speaks.
    public static let spoken = [1]
    /// What this messenger opens a connection with.
    public static let own = Hello(versions: spoken, program: "warren-messenger/\(Version.current)")

    public init(versions: [Int], program: String) {
        self.versions = versions
        self.program = program
    }
}

/// Body of `welcome`.
public struct Welcome: Codable, Hashable, Sendable {
    /// The version to use from now on: one that the hello offered.
    public var version: Int
    public var program: String

    public init(version: Int, program: String) {
        self.version = version
        self.program = program
    }
}

/// Body of `refuse`.
public struct Refusal: Codable, Hashable, Sendable {
    /// A stable word: see `Code`, or the code of a `FrameError`. A reader must expect words that it does not know.
    public var code: String
    /// For a person, at most 500 bytes.
    public var detail: String

    /// The refusals that this messenger sends besides those for broken frames.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The receiver's directory has no machine with the source address.
        case unknownSender = "unknown-sender"
        /// The receiver's agent does not answer, so that nobody can be recognised.
        case directoryUnavailable = "directory-unavailable"
        /// None of the versions that the hello offers.
        case unsupportedVersion = "unsupported-version"
        /// A frame that has no place at this point of the conversation.
        case outOfTurn = "out-of-turn"
        /// The receiver could not write the message to its disk.
        case notStored = "not-stored"
        /// The receiver's inbox has no room for the message.
        case receiverFull = "receiver-full"
    }

    public init(_ code: Code, _ detail: String) {
        self.code = code.rawValue
        self.detail = detail
    }

    /// The answer to a stream that cannot be read.
    public init(_ error: FrameError) {
        code = error.code
        detail = error.description
    }
}
