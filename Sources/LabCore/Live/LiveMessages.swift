import LabReport
import PacketCapture

/// What a command asks of a living lab: one line of JSON, at most `LiveRequest.limit` bytes, with its descriptors.
public struct LiveRequest: Codable, Sendable, Hashable {
    public enum Kind: String, Codable, Sendable, Hashable {
        case hello
        case status
        /// Runs a command on a machine; three descriptors come along.
        case exec
        /// Sends a signal to the command that this connection started; ends its capture.
        case signal
        /// Writes packets to the one descriptor that comes along, until it is signalled.
        case capture
        /// Carries out a step of the language.
        case step
        /// Lets a run that pauses at a mark go on.
        case proceed
        /// Ends the lab.
        case down
    }

    /// The longest line, in bytes.
    public static let limit = 256 << 10

    public var request: Kind
    public var machine: String?
    /// Program and arguments.
    public var command: [String]?
    /// Where the command starts.
    public var directory: String?
    /// Of the caller's environment what the command gets.
    public var environment: [String: String]?
    /// Whether the descriptors are a terminal of the command's own.
    public var isTerminal: Bool?
    public var signal: Int32?
    /// A step as JSON text.
    public var step: String?
    /// Whose packets to capture; all if left out.
    public var machines: [String]?
    /// How long to capture; until signalled if left out.
    public var seconds: Double?
    /// The most bytes to capture.
    public var bytes: Int?

    public init(_ request: Kind) { self.request = request }
}

/// What a living lab answers: lines of JSON.
public struct LiveAnswer: Codable, Sendable {
    public typealias CaptureEnd = FrameStream.End

    public var error: Failure?
    public var hello: LiveHello?
    public var status: LiveStatus?
    /// The command runs, or the capture.
    public var started: Bool?
    /// The command has ended with this code.
    public var exited: Int32?
    /// The command was ended by this signal.
    public var signaled: Int32?
    /// The capture has ended.
    public var captured: CaptureEnd?
    /// What a step did, in words; with `results`.
    public var said: String?
    /// What checks, and the lab's own looks, came to.
    public var results: [Report.CheckResult]?

    /// A `CodedError` on its way.
    public struct Failure: Codable, Sendable, Hashable {
        public var code: String
        public var message: String
    }

    public init() {}
}

/// What a living lab is.
public struct LiveHello: Codable, Sendable, Hashable {
    public enum State: String, Codable, Sendable, Hashable {
        /// Machines are being switched on; nothing can be asked yet.
        case starting
        case up
        /// A run that failed, and whose machines stayed.
        case kept
        /// A run for an audience is under way; things can be looked at, and not changed.
        case playing
        /// It pauses at a mark; things can be changed.
        case paused
        case stopping
    }

    public var name: String
    public var state: State
    public var scenario: String
    public var title: String
    /// Absolute path of the folder with its logs.
    public var output: String
    /// The coordinator's machine included.
    public var machines: [String]
    /// Seconds since it began.
    public var age: Double
    public var version: String
}
