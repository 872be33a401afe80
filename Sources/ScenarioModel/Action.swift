import Basics
import NetworkModel

/// A step that changes something. Machine names are resolved.
public enum Action: Sendable, Hashable {
    // MARK: Machines and services

    /// Switches machines on that are off, and starts nothing on them.
    case boot([String])
    /// Boots the machines that are off and starts the services that do not run.
    case start(Target)
    /// Sends a signal to a service's process and, if it ends it, waits for the end.
    case kill(Target, signal: Int32)
    /// Asks services to end, waits for as long as `grace`, then kills.
    case stop(Target, grace: Duration)
    /// Machines: power off and boot. Services: stop and start.
    case restart(Target)
    /// Power off: everything on the machines dies at once.
    case crash([String])
    /// Stops the processes of services (SIGSTOP), or of everything on a machine.
    case pause(Target)
    case resume(Target)
    /// Runs a command to its end on each of the machines.
    case run(CommandStep, on: [String])

    // MARK: Links

    /// A fault on links between machines, by name.
    case fault(name: String, LinkFault)
    /// Ends the fault or disk fault of that name; nil: all faults of every kind, and paused services go on.
    case heal(String?)
    /// Pulls the machines' cables, or plugs them in again.
    case cable([String], isUp: Bool)
    /// Pulls and plugs the cables again and again, so many times.
    case flap([String], down: Duration, up: Duration, times: Int)
    /// Sets the MTU of the machines' cables, both ends; bytes.
    case mtu([String], Int)

    // MARK: Addresses and translation

    /// Gives each machine a new underlay address, in the same place or in another.
    case roam([String], to: String?)
    /// Changes what a site's NAT does, or what it remembers.
    case nat(site: String, NATChange)

    // MARK: Disk

    /// Acts on the machines' state folders.
    case disk([String], DiskState)
}

/// A fault on links. Links are written out: every ordered pair.
public enum LinkFault: Sendable, Hashable {
    /// Nothing gets through.
    case cut(Set<DirectedLink>, shape: String)
    /// One kind of packet does not get through.
    case block(Set<DirectedLink>, Traffic)
    /// Packets get through changed, late, or not all.
    case impairment(Set<DirectedLink>, LinkProperties)

    /// The links that it touches.
    public var links: Set<DirectedLink> {
        switch self {
        case .cut(let links, _), .block(let links, _), .impairment(let links, _): links
        }
    }
}

/// A command that a step runs.
public struct CommandStep: Sendable, Hashable {
    /// Program and arguments, templates as in `CommandSystem`.
    public var command: [String]
    public var within: Duration
    /// The exit code that it must end with; another one breaks the run off.
    public var exits: Int32

    public init(command: [String], within: Duration = .seconds(10), exits: Int32 = 0) {
        self.command = command
        self.within = within
        self.exits = exits
    }
}

/// What a step does to a NAT.
public enum NATChange: Sendable, Hashable {
    /// Forgets every mapping; the next packet makes one with a new external port.
    case rebind
    /// Forgets every mapping.
    case flush
    case become(NATPlan.Kind)
}

/// How a machine's state folder is.
public enum DiskState: String, Sendable, Hashable, CaseIterable {
    case normal
    /// The next byte written is refused (ENOSPC).
    case full
    /// Nothing can be written (EROFS).
    case readOnly = "read-only"
}
