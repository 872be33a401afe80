/// What a fabric is built with.
public struct FabricSettings: Sendable {
    /// The folder that everything of the machines lies below; in memory, in a mount namespace that goes with the lab.
    public var root = "/run/lab"
    /// Bytes, a multiple of 4,096: the most that a machine's disk holds. Reserved only as it is used.
    public var diskSize = 256 << 20
    /// The most that a machine's own `/run` holds, as tmpfs(5) writes it.
    public var runSize = "64m"
    /// The ports of one bridge; the kernel has 1,023, and the first bridge of a switch needs some for the others.
    public var portsPerBridge = 1_000
    /// The external ports that gateways choose from.
    public var natPorts: ClosedRange<UInt16> = 1_024...65_535
    /// Absolute path of nft(8); only NAT gateways need it.
    public var nft: String?
    /// Folders that every machine finds in its `/run`, beside `state` and `shared`.
    public var runFolders = ["lock", "warren", "wireguard"]

    public init() {}
}
