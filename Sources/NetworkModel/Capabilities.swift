/// What the kernel offers for faults beside nftables and packet sockets, which the lab needs anyway.
public struct Capabilities: Sendable, Hashable {
    /// `sch_netem`.
    public var hasNetem: Bool
    /// `sch_tbf`.
    public var hasTokenBucket: Bool

    public init(hasNetem: Bool, hasTokenBucket: Bool) {
        self.hasNetem = hasNetem
        self.hasTokenBucket = hasTokenBucket
    }
}

/// Who makes a fault happen.
public enum Engine: String, Sendable, Hashable, CaseIterable {
    case nftables
    /// The kernel's token bucket filter, for rates.
    case tokenBucket = "tbf"
    case netem
    /// The lab's own relay of frames between two packet sockets.
    case relay
}

/// Which engine does which fault, for the report.
public struct EngineUse: Sendable, Hashable {
    /// The fault's name; `topology` for what the topology itself asks for.
    public let fault: String
    public let engine: Engine
    /// How, for people.
    public let words: String

    public init(fault: String, engine: Engine, words: String) {
        self.fault = fault
        self.engine = engine
        self.words = words
    }
}
