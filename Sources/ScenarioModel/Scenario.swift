import Basics

/// A test of a network: machines, and what happens to them step by step.
public struct Scenario: Sendable, Hashable {
    /// The version of the language that this build reads.
    public static let languageVersion = 1
    /// The name of the machine that runs the coordinator.
    public static let coordinatorMachine = "coordinator"
    /// The most machines that one scenario may have, the coordinator's not counted: the ports of one Linux bridge, less one.
    public static let machineLimit = 1_000

    /// Names the run's folder; the same characters as a machine's name.
    public var name: String
    /// One line for people.
    public var title: String
    /// Where random choices start.
    public var seed: UInt64
    public var timing: Timing
    /// In the order of the file, without the coordinator's.
    public var machines: [String]
    public var steps: [Step]

    /// What the coordinator is told about liveness; nil leaves its default.
    public struct Timing: Sendable, Hashable {
        public var heartbeatInterval: Duration?
        public var suspectAfter: Duration?
        public var unresponsiveAfter: Duration?

        public init(heartbeatInterval: Duration? = nil, suspectAfter: Duration? = nil, unresponsiveAfter: Duration? = nil) {
            self.heartbeatInterval = heartbeatInterval
            self.suspectAfter = suspectAfter
            self.unresponsiveAfter = unresponsiveAfter
        }
    }
}

/// One thing that happens in a scenario.
public struct Step: Sendable, Hashable {
    /// Names the step in reports, in `since` and in `until`. Unique; made from the verb and the position if the file gives none.
    public var id: String
    public var position: SourcePosition
    public var kind: Kind

    public enum Kind: Sendable, Hashable {
        case action(Action)
        case check(Check)
        /// Ends the `always` checks that run until this step's id.
        case mark
    }
}

/// A step that changes something.
public enum Action: Sendable, Hashable {
    /// Switches machines on that are off, and starts nothing on them.
    case boot([String])
    /// Boots the machines that are off and starts the services that do not run.
    case start(Target)
    /// Sends a signal to a service's process and waits for its end.
    case kill(Target, signal: Int32)
    /// Asks services to end and waits for it.
    case stop(Target)
    /// Machines: power off and boot. Services: stop and start.
    case restart(Target)
    /// Power off: everything on the machines dies at once.
    case crash([String])
    /// Packets between the groups are dropped; machines in no group are not affected.
    case partition(name: String, groups: [[String]])
    /// Ends one partition, or all of them.
    case heal(String?)
}

/// Machines, or services on them.
public struct Target: Sendable, Hashable {
    /// Resolved names, in the order of the file.
    public var machines: [String]
    /// Nil: the whole machines.
    public var service: String?

    public init(machines: [String], service: String?) {
        self.machines = machines
        self.service = service
    }
}
