import Basics
import MeshModel

/// The mesh addresses of one IPv4 prefix: which are in use, and which comes next.
///
/// The lowest free address is handed out first. The prefix's first address (the network) and its last
/// (broadcast) are never handed out.
public struct AddressPool: Sendable {
    /// The range that the addresses come from.
    public let prefix: IPPrefix
    /// The longest prefix that still holds a usable address besides network and broadcast.
    public static let longestPrefix = 30

    private let first: UInt32
    private let last: UInt32
    private var taken: Set<UInt32> = []
    /// Every free address below this one is in `returned`; it is itself free, or one past `last`.
    private var fresh: UInt32
    /// Released addresses below `fresh`. Its least element is always free; others may have been reserved since.
    private var returned = MinHeap<UInt32>()

    /// - Throws: `CodedError` with code `bad-pool` unless the prefix is IPv4 and at most /30 long.
    public init(prefix: IPPrefix) throws(CodedError) {
        guard case .v4(let network) = prefix.address, prefix.length <= Self.longestPrefix else {
            throw CodedError(
                "bad-pool",
                "the address pool \(prefix) cannot be used: it must be an IPv4 prefix of length 0 to \(Self.longestPrefix), such as 100.64.0.0/10"
            )
        }
        self.prefix = prefix
        let hostBits = prefix.length == 0 ? UInt32.max : ~(UInt32.max << (32 - UInt32(prefix.length)))
        first = network + 1
        last = (network | hostBits) - 1
        fresh = first
    }

    /// How many addresses the pool has altogether.
    public var capacity: Int { Int(last) - Int(first) + 1 }

    /// How many of them are in use.
    public var usedCount: Int { taken.count }

    /// The address that would be handed out next.
    ///
    /// - Throws: `CodedError` with code `address-pool-exhausted` if every address is in use.
    public func lowestFree() throws(CodedError) -> IPAddress {
        if let address = returned.least { return .v4(address) }
        guard fresh <= last else {
            throw CodedError(
                "address-pool-exhausted",
                "all \(capacity) mesh addresses of \(prefix) are in use: remove machines that are gone (warren-coordinator machine remove), or restart the coordinator with a larger --pool that contains \(prefix)"
            )
        }
        return .v4(fresh)
    }

    /// Marks an address as used.
    ///
    /// - Throws: `CodedError`: `address-outside-pool` for one that the pool does not hand out, `address-in-use` for one that is taken.
    public mutating func reserve(_ address: IPAddress) throws(CodedError) {
        guard case .v4(let word) = address, (first...last).contains(word) else {
            throw CodedError(
                "address-outside-pool",
                "the mesh address \(address) is not one of the pool \(prefix): start the coordinator with a --pool that contains it"
            )
        }
        guard taken.insert(word).inserted else {
            throw CodedError("address-in-use", "the mesh address \(address) is already in use")
        }
        while let least = returned.least, taken.contains(least) { returned.removeLeast() }
        while fresh <= last, taken.contains(fresh) { fresh += 1 }
    }

    /// Takes the lowest free address.
    ///
    /// - Throws: `CodedError` with code `address-pool-exhausted` if every address is in use.
    public mutating func allocate() throws(CodedError) -> IPAddress {
        let address = try lowestFree()
        try reserve(address)
        return address
    }

    /// Gives an address back; one that is not in use is left alone.
    public mutating func release(_ address: IPAddress) {
        guard case .v4(let word) = address, taken.remove(word) != nil else { return }
        if word < fresh { returned.insert(word) }
    }
}
