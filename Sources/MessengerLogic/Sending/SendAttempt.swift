import Basics
import ControlProtocol
import MeshModel

/// One send, from the request to its one outcome: resolve → connect → hello → message → delivered, or failed on the way.
///
/// It does nothing itself. Whoever drives it takes the next step, carries it out for no longer than `remaining`, and hands
/// back what came of it. An event at or after the deadline ends the send, whatever it brings.
public struct SendAttempt: Sendable {
    /// What is to be done next.
    public enum Step: Hashable, Sendable {
        /// Ask the directory for the receiver.
        case resolve
        /// Open a TCP connection.
        case connect(from: IPAddress, to: IPAddress)
        /// Send this frame and read one.
        case exchange(Frame)
        /// Nothing: this came of it.
        case finish(SendVerdict)
    }

    /// What came of a step.
    public enum Event: Hashable, Sendable {
        case resolved(Roster.Resolution)
        /// The directory gave no answer; why not.
        case directoryUnavailable(String)
        case connected
        case connectFailed(ConnectFailure)
        case answered(Frame)
        /// The connection ended, or what came could not be read; why.
        case broken(String)
        /// The step took all the time there was.
        case expired
    }

    private enum State: Hashable {
        case resolving
        case connecting
        case greeting
        case awaitingAcknowledgement
        case finished(SendVerdict)
    }

    public let id: MessageID
    public let text: MessageText
    public let receiver: MachineName
    /// The bound, for error messages.
    public let timeout: Duration
    /// Shortly before the bound, so that the outcome is told within it.
    public let deadline: MonotonicTime
    private var state = State.resolving

    /// The versions of the conversation that this messenger speaks.
    public static let versions = [1]

    public init(id: MessageID, text: MessageText, receiver: MachineName, timeout: Duration, startedAt: MonotonicTime) {
        self.id = id
        self.text = text
        self.receiver = receiver
        self.timeout = timeout
        deadline = startedAt + timeout - Self.reserve(of: timeout)
    }

    /// What is kept of the bound for telling the outcome: a tenth, at most 50 ms.
    static func reserve(of timeout: Duration) -> Duration { min(timeout / 10, .milliseconds(50)) }

    /// The first step.
    public var firstStep: Step { .resolve }

    /// The time left; zero or less when the deadline has passed.
    public func remaining(at now: MonotonicTime) -> Duration { deadline - now }

    /// Takes what came of the step before. After the outcome every event is answered with the same outcome.
    public mutating func handle(_ event: Event, at now: MonotonicTime) -> Step {
        if case .finished(let verdict) = state { return .finish(verdict) }
        if now >= deadline || event == .expired { return finish(verdictAtDeadline) }
        switch (state, event) {
        case (.resolving, .resolved(.reachable(let own, let member))):
            state = .connecting
            return .connect(from: own, to: member.address)
        case (.resolving, .resolved(let resolution)):
            return finish(verdict(on: resolution))
        case (.resolving, .directoryUnavailable(let why)):
            return finish(.failed(.notAMember, "this machine's agent does not answer: \(why)"))
        case (.connecting, .connected):
            state = .greeting
            return .exchange(.hello(Hello(versions: Self.versions, program: "warren-messenger/\(Version.current)")))
        case (.connecting, .connectFailed(let failure)):
            return finish(failure.verdict(receiver))
        case (.greeting, .answered(.welcome(let welcome))) where Self.versions.contains(welcome.version):
            state = .awaitingAcknowledgement
            return .exchange(.message(id, text))
        case (.awaitingAcknowledgement, .answered(.acknowledge(let acknowledged))) where acknowledged == id:
            return finish(.delivered)
        case (_, .answered(.refuse(let refusal))):
            return finish(verdict(on: refusal))
        case (.greeting, .broken(let why)):
            // The message was never sent: whoever listens there took the connection and gave it up.
            return finish(.failed(.refused, "\(receiver) closed the connection before taking the message: \(why)"))
        case (_, .broken(let why)):
            return finish(
                .failed(.protocolError, "no acknowledgement from \(receiver), which may have stored the message: \(why)"))
        default:
            return finish(.failed(.protocolError, "\(receiver) answered with something else than the protocol allows"))
        }
    }

    private mutating func finish(_ verdict: SendVerdict) -> Step {
        state = .finished(verdict)
        return .finish(verdict)
    }

    private var verdictAtDeadline: SendVerdict {
        let bound = DurationText.format(timeout)
        return switch state {
        case .resolving: .failed(.notAMember, "this machine's agent did not answer within \(bound)")
        case .connecting: .failed(.timedOut, "no connection to \(receiver) within \(bound)")
        case .greeting: .failed(.timedOut, "\(receiver) took the connection and said nothing within \(bound)")
        case .awaitingAcknowledgement:
            .failed(.timedOut, "no acknowledgement from \(receiver) within \(bound); it may have stored the message")
        case .finished(let verdict): verdict
        }
    }

    private func verdict(on resolution: Roster.Resolution) -> SendVerdict {
        switch resolution {
        case .notAMember: .failed(.notAMember, "this machine is not registered with a coordinator")
        case .dropped: .failed(.notReachable, "the mesh has dropped \(receiver)")
        case .unknown(let nearest):
            .failed(.unknownName, "no machine is named \(receiver)" + (nearest.map { "; did you mean \($0)?" } ?? ""))
        case .reachable: .failed(.protocolError, "\(receiver) was resolved twice")
        }
    }

    private func verdict(on refusal: Refusal) -> SendVerdict {
        let isVersion = refusal.code == Refusal.Code.unsupportedVersion.rawValue
        return .failed(isVersion ? .protocolError : .refused, "\(receiver) refused: \(refusal.code): \(refusal.detail)")
    }
}
