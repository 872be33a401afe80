import Basics
import MeshModel

/// The mesh addresses of one IPv4 prefix: which are in use, which rest after a release, and which comes next.
///
/// The lowest free address is handed out first. Of a prefix up to /29 the first address (the network) and the last (broadcast) are
/// never handed out. A longer one is used whole, 4 addresses of a /30 and 1 of a /32: mesh addresses are host addresses on a
/// point-to-point interface, where neither has a meaning (as RFC 3021 has it for /31).
///
/// A released address rests: whoever knew its former owner gets no stranger under it before the quarantine is over. Times are wall-clock
/// seconds, because a quarantine outlives the process.
public struct AddressPool: Sendable {
    /// The range that the addresses come from.
    public let prefix: IPPrefix
    /// Seconds that a released address rests; 0 for none.
    public let quarantine: Int64
    /// From this prefix length on, all addresses are used.
    public static let wholeLength = 30

    private struct Rest: Comparable, Sendable {
        let until: Int64
        let word: UInt32
        static func < (left: Self, right: Self) -> Bool { (left.until, left.word) < (right.until, right.word) }
    }

    private let first: UInt32
    private let last: UInt32
    private var taken: Set<UInt32> = []
    /// Every free address below this one is in `returned`; it is itself free, or one past `last`.
    private var fresh: UInt64
    /// Released addresses below `fresh`. Its least element is always free; others may not be any longer.
    private var returned = MinHeap<UInt32>()
    /// Released addresses in quarantine, the one that is free next first; and the same as a set.
    private var rests = MinHeap<Rest>()
    private var resting: Set<UInt32> = []
    /// Seconds since 1970, as last told.
    public private(set) var now: Int64 = 0

    /// - Parameter quarantine: seconds, at least 0.
    /// - Throws: `CodedError` with code `bad-pool` unless the prefix is IPv4.
    public init(prefix: IPPrefix, quarantine: Int64 = 0) throws(CodedError) {
        guard case .v4(let network) = prefix.address else {
            throw CodedError(
                "bad-pool", "the address pool \(prefix) cannot be used: it must be an IPv4 prefix, such as 100.64.0.0/10")
        }
        self.prefix = prefix
        self.quarantine = max(0, quarantine)
        let hostBits = prefix.length == 0 ? UInt32.max : ~(UInt32.max << (32 - UInt32(prefix.length)))
        let isWhole = prefix.length >= Self.wholeLength
        first = isWhole ? network : network + 1
        last = isWhole ? network | hostBits : (network | hostBits) - 1
        fresh = UInt64(first)
    }

    /// How many addresses the pool has altogether.
    public var capacity: Int { Int(last) - Int(first) + 1 }

    /// How many of them are in use.
    public var usedCount: Int { taken.count }

    /// How many of them are in quarantine.
    public var restingCount: Int { resting.count }

    /// Tells the time: addresses whose quarantine is over are free from now on.
    ///
    /// A clock that was put back prolongs no quarantine beyond its full length from now.
    ///
    /// - Parameter wall: seconds since 1970.
    public mutating func advance(to wall: Int64) {
        if wall < now { shortenRests(to: wall + quarantine) }
        now = wall
        while let rest = rests.least, rest.until <= now {
            rests.removeLeast()
            resting.remove(rest.word)
            if rest.word < fresh { returned.insert(rest.word) }
        }
    }

    /// The address that would be handed out next.
    ///
    /// - Throws: `CodedError` with code `address-pool-exhausted` if every address is in use or in quarantine.
    public func lowestFree() throws(CodedError) -> IPAddress {
        if let address = returned.least { return .v4(address) }
        guard fresh <= last else { throw exhausted() }
        return .v4(UInt32(fresh))
    }

    /// Marks an address as used.
    ///
    /// - Throws: `CodedError`: `address-outside-pool` for one that the pool does not hand out, `address-in-use` for one that is taken
    ///   or in quarantine.
    public mutating func reserve(_ address: IPAddress) throws(CodedError) {
        guard let word = word(of: address) else {
            throw CodedError(
                "address-outside-pool",
                "the mesh address \(address) is not one of the pool \(prefix): start the coordinator with a --pool that contains it"
            )
        }
        guard isFree(word) else { throw CodedError("address-in-use", "the mesh address \(address) is already in use") }
        taken.insert(word)
        settle()
    }

    /// Takes the lowest free address.
    ///
    /// - Throws: `CodedError` with code `address-pool-exhausted` if every address is in use or in quarantine.
    public mutating func allocate() throws(CodedError) -> IPAddress {
        let address = try lowestFree()
        try reserve(address)
        return address
    }

    /// Gives an address back; it rests from now on. One that is not in use is left alone.
    public mutating func release(_ address: IPAddress) {
        guard let word = word(of: address), taken.remove(word) != nil else { return }
        guard quarantine > 0 else {
            if word < fresh { returned.insert(word) }
            return
        }
        rest(word, until: now + quarantine)
    }

    /// Puts an address back into quarantine that was released before the start. One that is in use, in quarantine or not of this
    /// pool is left alone.
    ///
    /// - Parameter released: seconds since 1970; a time to come counts as the present.
    public mutating func restoreReleased(_ address: IPAddress, at released: Int64) {
        let until = min(released, now) + quarantine
        guard until > now, let word = word(of: address), isFree(word) else { return }
        rest(word, until: until)
        settle()
    }

    private func isFree(_ word: UInt32) -> Bool { !taken.contains(word) && !resting.contains(word) }

    private func word(of address: IPAddress) -> UInt32? {
        guard case .v4(let word) = address, (first...last).contains(word) else { return nil }
        return word
    }

    private mutating func rest(_ word: UInt32, until: Int64) {
        resting.insert(word)
        rests.insert(Rest(until: until, word: word))
    }

    /// Restores what is said of `fresh` and `returned` after an address ceased to be free.
    private mutating func settle() {
        while let least = returned.least, !isFree(least) { returned.removeLeast() }
        while fresh <= last, !isFree(UInt32(fresh)) { fresh += 1 }
    }

    private mutating func shortenRests(to longest: Int64) {
        var shorter = MinHeap<Rest>()
        while let rest = rests.least {
            rests.removeLeast()
            shorter.insert(Rest(until: min(rest.until, longest), word: rest.word))
        }
        rests = shorter
    }

    private func exhausted() -> CodedError {
        var wait = ""
        var shorter = ""
        if let next = rests.least {
            let left = DurationText.format(.seconds(next.until - now))
            wait = "wait for the next of the \(resting.count) in quarantine, which is free in \(left), or "
            shorter = " or a shorter --address-quarantine"
        }
        return CodedError(
            "address-pool-exhausted",
            """
            all \(capacity) mesh addresses of \(prefix) are taken: \(usedCount) in use, \(restingCount) in quarantine after a removal; \
            \(wait)remove machines that are gone (warren-coordinator machine remove), or restart the coordinator with a larger \
            --pool that contains \(prefix)\(shorter)
            """)
    }
}
