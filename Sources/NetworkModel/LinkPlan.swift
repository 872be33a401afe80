import Basics

/// Everything that has to stand in the kernel so that the wanted faults are in effect.
public struct LinkPlan: Sendable, Hashable {
    /// The relay at one port.
    public struct Relay: Sendable, Hashable {
        public let port: PortTable.Port
        public let program: RelayProgram
    }

    /// The queueing discipline at one end of a cable.
    public struct Queue: Sendable, Hashable {
        /// Whose frames wait there.
        public enum Direction: String, Sendable, Hashable {
            /// At the machine's own end.
            case up
            /// At the fabric's end.
            case down
        }

        /// What it does.
        public enum Discipline: Sendable, Hashable {
            case tokenBucket(TokenBucket)
            case netem(LinkProperties)
        }

        public let port: PortTable.Port
        public let direction: Direction
        public let discipline: Discipline
        public let faults: [String]
    }

    /// The nftables table.
    public var filter: FilterTable
    /// At most one a port, by port.
    public var relays: [Relay]
    /// At most one a port and direction, by port.
    public var queues: [Queue]
    /// For the report, in the order of the faults.
    public var engines: [EngineUse]

    /// The name under which the topology's own link properties are counted and reported.
    public static let topology = "topology"

    /// A plan for no faults at all.
    public static let empty = LinkPlan(filter: FilterTable(), relays: [], queues: [], engines: [])

    /// Translates the wanted state.
    ///
    /// - Parameters:
    ///   - basis: what the topology says of each cable, by owner of the port; those that are left out are plain wires.
    /// - Throws: `fault.unknown-machine`, `fault.port`, `fault.not-possible` with what to do instead, or `fault.too-large`.
    public static func compile(
        _ faults: FaultSet, ports: PortTable, basis: [String: LinkPair] = [:], capabilities: Capabilities
    ) throws(CodedError) -> LinkPlan {
        try ports.validate()
        for fault in faults.faults { for machine in fault.links.machines { _ = try ports.port(machine) } }
        for owner in basis.keys { _ = try ports.port(owner) }
        var compiler = LinkCompiler(ports: ports, capabilities: capabilities)
        try compiler.add(basis)
        for fault in faults.faults { try compiler.add(fault) }
        return try compiler.finish()
    }
}

/// A token bucket filter's numbers (tc-tbf(8)).
public struct TokenBucket: Sendable, Hashable {
    /// Bytes per second.
    public let rate: Int
    /// Bytes that may pass at once: 10 ms, at least two full frames.
    public let burst: Int
    /// Bytes that may wait: 100 ms beyond the burst, at least 32 KiB.
    public let limit: Int

    /// - Parameter bits: per second. The kernel's interface ends at 2³¹ - 1 bytes per second; nothing here comes near.
    public init(bits: Int) {
        rate = min(max(1, bits / 8), Int(Int32.max))
        burst = min(max(rate / 100, 3_028), 1 << 24)
        limit = burst + min(max(rate / 10, 32_768), 1 << 26)
    }
}
