import Basics

/// The agent's side of its connection to the coordinator: register, follow the peer map stream, come back after every failure.
///
/// One step at a time: carry out the step, hand in what came of it, get the next.
public struct CoordinatorLink: Sendable {
    /// What a registration is authorized by.
    public enum Bearer: Sendable, Hashable {
        /// The credential of an earlier registration.
        case credential
        /// The join token's secret.
        case joinSecret
    }

    /// What to do next.
    public enum Step: Sendable, Hashable {
        case register(Bearer)
        /// Open the peer map stream and follow it until it ends.
        ///
        /// - resuming: whether to ask for what came after the position reached; if not, for a snapshot.
        case follow(resuming: Bool)
        case wait(Duration)
    }

    /// Why a step did not succeed.
    public enum Failure: Sendable, Hashable {
        /// No answer, or one that was cut off.
        case unreachable
        /// The bearer is not valid (any more).
        case unauthorized
        /// The coordinator understood and said no.
        case refused
        /// Another live machine registered with this machine's key.
        case keyInUse
        /// The stream's lines do not follow from the position reached.
        case outOfStep
        /// The stream may be dead: heartbeats had failed in between.
        case doubtful
    }

    /// What came of a step.
    public enum Outcome: Sendable, Hashable {
        case registered
        case registrationFailed(Failure)
        /// The stream ended after it had been open for so long; zero if it did not open.
        case streamEnded(Failure, after: Duration)
        /// The coordinator ended the stream, and asked for a pause before the next one.
        case askedToReconnect(after: Duration)
        case waited
    }

    /// A stream that held for this long counts as a success.
    public static let steadyAfter = Duration.seconds(2)
    /// Between attempts after the coordinator said no: sooner would only fill logs.
    public static let refusalPause = Duration.seconds(4) ... .seconds(6)

    /// Between attempts while another live machine has this machine's key: often enough to come in soon after it has gone.
    public static let cloneRetryPause = Duration.milliseconds(900) ... .milliseconds(1_100)

    private enum Goal { case register, follow }

    private var hasCredential: Bool
    private let hasJoinSecret: Bool
    private var bearer: Bearer
    private var goal = Goal.register
    private var resuming = true
    private var backoff = Backoff(floor: .milliseconds(50), ceiling: .seconds(2))

    public init(hasCredential: Bool, hasJoinSecret: Bool) {
        self.hasCredential = hasCredential
        self.hasJoinSecret = hasJoinSecret
        bearer = hasCredential ? .credential : .joinSecret
    }

    /// The first step.
    public func start() -> Step { .register(bearer) }

    /// The step after the one that this came of.
    public mutating func next(after outcome: Outcome, using generator: inout some RandomNumberGenerator) -> Step {
        switch outcome {
        case .registered:
            hasCredential = true
            bearer = .credential
            goal = .follow
            return .follow(resuming: resuming)
        case .registrationFailed(.unauthorized):
            if bearer == .credential && hasJoinSecret {
                bearer = .joinSecret
                return .register(.joinSecret)
            }
            return pause(Self.refusalPause, using: &generator)
        case .registrationFailed(.refused):
            return pause(Self.refusalPause, using: &generator)
        case .registrationFailed(.keyInUse):
            return pause(Self.cloneRetryPause, using: &generator)
        case .registrationFailed:
            return .wait(backoff.next(using: &generator))
        case .streamEnded(let failure, let duration):
            if duration >= Self.steadyAfter { backoff.reset() }
            resuming = failure != .outOfStep
            goal = failure == .unauthorized ? .register : .follow
            return .wait(
                failure == .refused ? .random(in: Self.refusalPause, using: &generator) : backoff.next(using: &generator))
        case .askedToReconnect(let pause):
            backoff.reset()
            resuming = true
            goal = .follow
            return .wait(pause)
        case .waited:
            return goal == .register ? .register(bearer) : .follow(resuming: resuming)
        }
    }

    /// Said no: start again from the credential, later.
    private mutating func pause(_ length: ClosedRange<Duration>, using generator: inout some RandomNumberGenerator) -> Step {
        bearer = hasCredential ? .credential : .joinSecret
        return .wait(.random(in: length, using: &generator))
    }
}
