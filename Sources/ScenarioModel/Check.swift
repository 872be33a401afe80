import Basics

/// A step that looks.
public struct Check: Sendable, Hashable {
    /// For people: what this shows.
    public var title: String?
    public var mode: Mode
    public var condition: Condition
    /// The statements of the documentation that it answers for.
    public var claims: [String] = []
    /// The weeks of the project plan that it answers for, 1 to 13.
    public var milestones: [Int] = []

    public init(
        title: String? = nil, mode: Mode, condition: Condition, claims: [String] = [], milestones: [Int] = []
    ) {
        self.title = title
        self.mode = mode
        self.condition = condition
        self.claims = claims
        self.milestones = milestones
    }

    public enum Mode: Sendable, Hashable {
        /// The condition comes true within the bound, which counts from the step that `since` names, or from this step's start.
        case eventually(within: Duration, since: String?)
        /// The condition comes true within the bound and then holds at every look for the duration.
        case stays(duration: Duration, within: Duration, since: String?)
        /// The condition (or, if `expected` is false, its opposite) holds at every look for as long.
        case lasting(expected: Bool, duration: Duration)
        /// The same from here to the step of that id, or to the end of the scenario (nil), while the steps go on.
        case lastingUntil(expected: Bool, mark: String?)
    }
}

/// What a check looks at. Machine names are resolved.
public enum Condition: Sendable, Hashable {
    /// An ICMP echo over the mesh is answered, from each to each other. With `over: .underlay` outside the mesh.
    case ping(from: [String], to: [String], over: Network)
    /// Exactly these groups of machines reach one another over the mesh: inside a group everybody does, across groups nobody.
    case groups([[String]])
    /// No probe is lost between machines that no fault has touched so far.
    case untouched(loss: Double)
    /// The WireGuard device and the routing table of each machine hold this peer, or neither does.
    case peer(of: String, on: [String], present: Bool)
    /// Every WireGuard device holds exactly the peers that the lab knows to be members, with their routes.
    case peersComplete(on: [String])
    /// Each machine has a session with each other, made at most so long ago.
    case handshake(from: [String], to: [String], youngerThan: Duration)
    /// The coordinator lists the machines with this liveness.
    case coordinatorSees([String], as: String)
    /// The coordinator's view against the lab's ground truth, over the run so far: for how long in total, at the worst machine, it
    /// showed a dead machine as alive, and a living one as dead.
    case truth(falseOnline: Duration, falseOffline: Duration)
    /// Id, mesh address and key are those that the coordinator first gave the machine.
    case sameIdentity([String])
    /// No two machines have the same mesh address, and none changed.
    case uniqueAddresses([String])
    /// A message from each to each other ends in this outcome; if delivered, the receiver's inbox holds it.
    case message(from: [String], to: [String], outcome: MessageOutcome)
    /// Every message between these machines, over the run so far, is accounted for by outboxes, inboxes and logs, and at least so
    /// many were delivered.
    case messagesAccountedFor(of: [String], atLeast: Int)
    /// The service's processes are in this state on each machine.
    case service(Target, ServiceState)
    /// The service's resident memory is below so many bytes on each machine.
    case memory(Target, below: Int)
    /// The service has fewer open file descriptors than this on each machine.
    case descriptors(Target, below: Int)
    /// The service's log on each machine has at least (or, with `atMost`, at most) so many lines that match.
    case log(Target, LogPattern)
    /// A command on each machine ends with this code, and prints this.
    case command(CommandExpectation, on: [String])
    /// What the capture of every underlay link holds so far.
    case wire(WireExpectation)
}

/// Which network a probe takes.
public enum Network: String, Sendable, Hashable, CaseIterable {
    case mesh
    case underlay
}

/// The state of a service's process.
public enum ServiceState: String, Sendable, Hashable, CaseIterable {
    case running
    case stopped
    case paused
}

/// Which log lines count.
public struct LogPattern: Sendable, Hashable {
    /// Fields of a JSON line that must have these values; `event` is the event's name.
    public var fields: [String: String] = [:]
    /// Text that a line must contain, for programs that do not log JSON.
    public var contains: String?
    /// Only lines since the step of this id began; nil: all.
    public var since: String?
    public var atLeast = 1
    /// Nil: no upper limit.
    public var atMost: Int?

    public init() {}
}

/// What a command is expected to do.
public struct CommandExpectation: Sendable, Hashable {
    /// Program and arguments, templates as in `CommandSystem`.
    public var command: [String]
    public var exits: Int32 = 0
    /// A text that its output must contain; nil: any.
    public var prints: String?
    public var within = Duration.seconds(5)

    public init(command: [String]) { self.command = command }
}

/// What must be true of every captured frame.
public enum WireExpectation: Sendable, Hashable {
    /// No canary and no mesh address in clear, and nothing but these kinds of traffic.
    case encrypted(only: [String])
    /// A canary in clear is found: the control that shows that the search works.
    case clearText
    /// Tunnel packets between any two machines go from one to the other and to nobody else.
    case directPaths
}

/// How a message is expected to end.
public struct MessageOutcome: Sendable, Hashable {
    /// True: delivered. False: failed.
    public var delivered: Bool
    /// For a failed one: the reasons that count; empty: any. Words of `SendResult.Reason`.
    public var reasons: [String]
    /// The bound of the send, given to the messenger.
    public var bound: Duration

    public init(delivered: Bool, reasons: [String], bound: Duration) {
        self.delivered = delivered
        self.reasons = reasons
        self.bound = bound
    }
}
