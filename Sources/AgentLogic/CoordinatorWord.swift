import Basics

/// What the coordinator has said to this run of the agent about its registration, as far as that bears on a remembered peer map.
///
/// A copy of another machine's state folder has that machine's key and peers: with them it would take over the other one's tunnels. So the
/// remembered map waits for the coordinator's word, but not for long: it is there for when the coordinator is away.
public enum CoordinatorWord: Sendable, Hashable {
    /// Nothing yet.
    case none
    /// Another live machine has this machine's key.
    case clone
    /// Anything else: it is registered, or the coordinator does not answer, or says no for another reason.
    case other

    /// How long to wait for a word.
    public static let patience = Duration.seconds(1)

    /// Whether a peer map of an earlier run may be used.
    ///
    /// - Parameter age: how long this run has lasted.
    public func allowsRememberedMap(age: Duration) -> Bool {
        switch self {
        case .none: age >= Self.patience
        case .clone: false
        case .other: true
        }
    }
}
