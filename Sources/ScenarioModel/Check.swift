import Basics

/// A step that looks.
public struct Check: Sendable, Hashable {
    /// For people: what this shows.
    public var title: String?
    public var mode: Mode
    public var condition: Condition

    public enum Mode: Sendable, Hashable {
        /// The condition comes true within the bound, which counts from the step that `since` names, or from this step's start.
        case eventually(within: Duration, since: String?)
        /// The opposite of the condition holds at every look for as long.
        case never(duration: Duration)
        /// The condition holds at every look for as long.
        case always(duration: Duration)
        /// The condition holds from here to the step of that id, or to the end of the scenario (nil), while the steps go on.
        case alwaysUntil(String?)
    }
}

/// What a check looks at. Machine names are resolved.
public enum Condition: Sendable, Hashable {
    /// An ICMP echo over the mesh is answered, from each to each other.
    case ping(from: [String], to: [String])
    /// The WireGuard device and the routing table of each machine hold this peer, or neither does.
    case peer(of: String, on: [String], present: Bool)
    /// The coordinator lists the machines with this liveness.
    case coordinatorSees([String], as: String)
    /// Id, mesh address and key are those that the coordinator first gave the machine.
    case sameIdentity([String])
    /// A message from each to each other ends in this outcome; if delivered, the receiver's inbox holds it.
    case message(from: [String], to: [String], outcome: MessageOutcome)
}

/// How a message is expected to end.
public struct MessageOutcome: Sendable, Hashable {
    /// True: delivered. False: failed.
    public var delivered: Bool
    /// For a failed one: the reasons that count; empty: any. Words of `SendResult.Reason`.
    public var reasons: [String]
    /// The bound of the send, given to the messenger.
    public var bound: Duration
}
