import Basics
import MeshModel

/// What belongs together at one machine: its key and its mesh addresses.
public struct Pin: Codable, Sendable, Hashable {
    public var id: MachineID
    public var publicKey: PublicKey
    public var meshAddress: IPAddress
    /// The last one known; nil if it never had one.
    public var meshAddress6: IPAddress?

    public init(_ peer: Peer) {
        id = peer.id
        publicKey = peer.publicKey
        meshAddress = peer.meshAddress
        meshAddress6 = peer.meshAddress6
    }
}

/// Which key and mesh addresses this machine has known each of its peers by. They change for a cause only.
///
/// Causes: the machine is no longer in the map, so that its id is nobody's; or it has another key, and the known one is among its former
/// keys. Anything else is refused, and what was known stays in force, until one of two things shows that it is not true any more: the
/// map gives the known key to another machine, which has proven to the coordinator that it holds it; or the map has offered the same
/// pair for `patience`, all the time without a session with the known key. (A session proves nothing if only the address is another
/// one, or if the map gives the key to another machine, too, which may be whom the session is with: there the time alone decides.) So a
/// wrong key cuts no tunnel that works, and nobody is cut off for ever.
public struct Pins: Sendable {
    /// For how long a pair without cause must have been offered before it is believed.
    public static let patience = Duration.seconds(600)

    /// What is refused of a machine.
    public enum Change: String, Sendable, Hashable {
        case key
        case address
        case keyAndAddress = "key-and-address"
    }

    /// Something to tell.
    public enum Event: Sendable, Hashable {
        /// The machine as the map has it; what was known stays in force.
        case refused(Peer, Change, known: Pin)
        /// The machine as the map has it; it is believed although there was no cause.
        case gaveWay(Peer, known: Pin, GivingWay)
    }

    /// Why a known pair does not stay in force.
    public enum GivingWay: String, Sendable, Hashable {
        /// The map gives its key to another machine.
        case keyMoved = "key-moved"
        /// It was offered for `patience`, and nothing spoke for the known one.
        case silent
    }

    private struct Refusal: Sendable {
        let change: Change
        let offered: Pin
        /// Since when it has been offered with the known key silent.
        var since: MonotonicTime
    }

    private var known: [MachineID: Pin]
    /// Grows with every change of `all`.
    public private(set) var generation = 0
    private var refusals: [MachineID: Refusal] = [:]

    /// - Parameter pins: as `all` was when this machine last ran.
    public init(_ pins: some Sequence<Pin> = []) {
        known = Dictionary(pins.map { ($0.id, $0) }) { first, _ in first }
    }

    /// By id: to be kept on disk.
    public var all: [Pin] { known.values.sorted { $0.id < $1.id } }

    /// The machines that are known.
    public var ids: Set<MachineID> { Set(known.keys) }

    /// The changes that are refused at present.
    public var refused: [MachineID: Change] { refusals.mapValues(\.change) }

    /// The machine with the pair that is in force; unaltered unless a change of it is refused.
    public func inForce(_ peer: Peer) -> Peer {
        guard refusals[peer.id] != nil, let pin = known[peer.id] else { return peer }
        var peer = peer
        peer.publicKey = pin.publicKey
        peer.meshAddress = pin.meshAddress
        peer.meshAddress6 = pin.meshAddress6
        return peer
    }

    /// Follows the map, before anything of it is applied. A machine that is not known is not made known by this: see `learn`.
    ///
    /// - Parameters:
    ///   - peers: the whole map.
    ///   - meshPrefix6: where this mesh's IPv6 addresses come from; one that is outside may change.
    ///   - working: the keys that there is a session with.
    /// - Returns: what is worth telling, by id.
    public mutating func follow(
        _ peers: some Collection<Peer>, meshPrefix6: IPPrefix?, working: Set<PublicKey>, now: MonotonicTime
    ) -> [Event] {
        let present = Set(peers.map(\.id))
        for id in known.keys.filter({ !present.contains($0) }) { set(nil, id) }
        refusals = refusals.filter { known[$0.key] != nil }
        let holders = holders(among: peers, meshPrefix6: meshPrefix6)
        let offeredTo = Dictionary(peers.map { ($0.publicKey, $0.id) }) { min($0, $1) }
        var events: [Event] = []
        for peer in peers.sorted(by: { $0.id < $1.id }) {
            guard let pin = known[peer.id] else { continue }
            guard let change = Self.change(from: pin, to: peer, meshPrefix6: meshPrefix6) else {
                accept(peer, pin)
                continue
            }
            let isAnothers = offeredTo[pin.publicKey].map { $0 != peer.id } ?? false
            let isWorking = change != .address && !isAnothers && working.contains(pin.publicKey)
            if isWorking { refusals[peer.id]?.since = now }
            if let reason = givesWay(pin, to: peer, change, holders: holders, now: now) {
                accept(peer, pin)
                events.append(.gaveWay(peer, known: pin, reason))
            } else if refuse(peer, change, now: now) {
                events.append(.refused(peer, change, known: pin))
            }
        }
        return events
    }

    /// Makes the machines known that have just become peers: from now on their keys and addresses do not change without a cause.
    public mutating func learn(_ peers: some Sequence<Peer>) {
        for peer in peers where known[peer.id] == nil { set(Pin(peer), peer.id) }
    }

    private mutating func set(_ pin: Pin?, _ id: MachineID) {
        known[id] = pin
        generation += 1
    }

    /// What is different, and not for a cause that the map names.
    private static func change(from pin: Pin, to peer: Peer, meshPrefix6: IPPrefix?) -> Change? {
        let hasCause = peer.publicKey == pin.publicKey || peer.formerKeys?.contains(pin.publicKey) ?? false
        let isOtherAddress = peer.meshAddress != pin.meshAddress || isOther6(pin, peer, meshPrefix6)
        return switch (hasCause, isOtherAddress) {
        case (true, false): nil
        case (false, false): .key
        case (true, true): .address
        case (false, true): .keyAndAddress
        }
    }

    private static func isOther6(_ pin: Pin, _ peer: Peer, _ meshPrefix6: IPPrefix?) -> Bool {
        guard let old = pin.meshAddress6, let new = peer.meshAddress6, let meshPrefix6 else { return false }
        return old != new && meshPrefix6.contains(old)
    }

    private mutating func accept(_ peer: Peer, _ pin: Pin) {
        var next = Pin(peer)
        next.meshAddress6 = peer.meshAddress6 ?? pin.meshAddress6
        if next != pin { set(next, peer.id) }
        refusals[peer.id] = nil
    }

    /// Who holds which key for a reason: a machine that is not known yet, or one with its known key or a cause for another.
    private func holders(among peers: some Collection<Peer>, meshPrefix6: IPPrefix?) -> [PublicKey: MachineID] {
        let rightful = peers.filter { peer in
            known[peer.id].map { Self.change(from: $0, to: peer, meshPrefix6: meshPrefix6) == nil } ?? true
        }
        return Dictionary(rightful.map { ($0.publicKey, $0.id) }) { min($0, $1) }
    }

    private func givesWay(
        _ pin: Pin, to peer: Peer, _ change: Change, holders: [PublicKey: MachineID], now: MonotonicTime
    ) -> GivingWay? {
        if let holder = holders[pin.publicKey], holder != peer.id { return .keyMoved }
        guard let refusal = refusals[peer.id], refusal.offered == Pin(peer) else { return nil }
        return now - refusal.since >= Self.patience ? .silent : nil
    }

    /// - Returns: whether it is another change than before.
    private mutating func refuse(_ peer: Peer, _ change: Change, now: MonotonicTime) -> Bool {
        let offered = Pin(peer)
        guard refusals[peer.id]?.offered != offered else { return false }
        refusals[peer.id] = Refusal(change: change, offered: offered, since: now)
        return true
    }
}
