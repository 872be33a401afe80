import Basics
import NetworkModel
import Netlink

/// What a link emulator acts with: sockets in the network namespaces that it changes, and a way to run nft there.
public struct EmulationEnvironment: Sendable {
    /// Runs a program in the fabric's network namespace: path, arguments, standard input. Returns standard output, up to 16 MiB of
    /// it whole; throws if the program fails or takes too long.
    public typealias Command = @Sendable (String, [String], String) async throws -> String
    /// Opens a socket in the fabric's network namespace: domain, type, protocol.
    public typealias SocketOpener = @Sendable (Int32, Int32, Int32) throws(CodedError) -> Int32

    /// In the namespace of the bridges.
    public var fabric: RouteSocket
    /// Absolute path.
    public var nft: String
    public var run: Command
    public var openSocket: SocketOpener
    /// A socket in the namespace at the far end of a port's cable, by the port's owner; nil while the machine is off.
    public var machine: @Sendable (String) async -> RouteSocket?
    /// From which the relay's decisions follow.
    public var seed: UInt64
    public var capabilities: Capabilities

    public init(
        fabric: RouteSocket, nft: String, run: @escaping Command, openSocket: @escaping SocketOpener,
        machine: @escaping @Sendable (String) async -> RouteSocket?, seed: UInt64, capabilities: Capabilities
    ) {
        self.fabric = fabric
        self.nft = nft
        self.run = run
        self.openSocket = openSocket
        self.machine = machine
        self.seed = seed
        self.capabilities = capabilities
    }
}

/// What a fault has done so far.
public struct FaultCount: Sendable, Hashable {
    /// Packets that met it. A relay or queue counts all that it carried for the fault, a filter those that it dropped.
    public var matched: UInt64
    /// Packets that it dropped, or for which there was no room left.
    public var dropped: UInt64

    public init(matched: UInt64 = 0, dropped: UInt64 = 0) {
        self.matched = matched
        self.dropped = dropped
    }

    static func + (left: Self, right: Self) -> Self {
        Self(matched: left.matched &+ right.matched, dropped: left.dropped &+ right.dropped)
    }

    /// What came after an earlier reading; one that is lower was begun anew.
    func since(_ earlier: Self?) -> Self {
        guard let earlier, matched >= earlier.matched, dropped >= earlier.dropped else { return self }
        return Self(matched: matched - earlier.matched, dropped: dropped - earlier.dropped)
    }
}

extension CodedError {
    /// The kernel is not in the state that a fault needs.
    static func notInEffect(_ message: String, cause: (any Error)? = nil) -> CodedError {
        CodedError("fault.not-in-effect", message, cause: cause)
    }
}
