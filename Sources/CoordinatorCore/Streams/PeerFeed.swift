import Basics
import ControlProtocol
import CoordinatorLogic
import MeshModel
import NIOCore

/// What there is to tell the readers of the peer map: everything is encoded once, however many read it.
///
/// A delta from one revision to the present is one buffer for all readers but those that are in it themselves. A snapshot is one buffer for
/// all, out of which each reader gets two slices that leave out its own entry; nothing is copied for a reader.
struct PeerFeed: Sendable {
    /// What is known of one machine.
    struct Entry: Sendable {
        let json: ByteBuffer
        let digest: PeerMapDigest
        let isSuspect: Bool
    }

    /// A delta that many readers get.
    private struct SharedDelta: Sendable {
        let line: ByteBuffer
        let concerns: Set<MachineID>
    }

    private let epoch: String
    private(set) var entries: [MachineID: Entry] = [:]
    private(set) var digest = PeerMapDigest()
    private var suspects: Set<MachineID> = []
    private var log: ChangeLog
    /// Deltas to the present, by where they begin.
    private var deltas: [UInt64: SharedDelta] = [:]
    private var keepalive: ByteBuffer?
    private var snapshot: SharedSnapshot?

    /// Where readers lag behind by different amounts there is one delta each; more are not kept.
    private static let deltaLimit = 64

    /// - Parameter logCapacity: how many changes a reader may lag behind before it gets a snapshot.
    init(epoch: String, logCapacity: Int = Registry.defaultLogCapacity) {
        self.epoch = epoch
        log = ChangeLog(capacity: logCapacity)
    }

    /// The position after the latest change.
    var position: PeerMapPosition { PeerMapPosition(epoch: epoch, revision: log.revision) }

    // MARK: Changes

    /// Begins anew with these machines, at this revision: at the start, or after more changes than are remembered.
    mutating func reset(_ peers: [Peer], revision: UInt64) throws(CodedError) {
        var fresh = PeerFeed(epoch: epoch, logCapacity: log.capacity)
        fresh.log = ChangeLog(capacity: log.capacity, base: revision)
        for peer in peers { try fresh.put(peer) }
        self = fresh
    }

    /// Takes in one change after the other.
    ///
    /// - Parameter machine: what a machine is now; nil if it is gone.
    mutating func publish(_ changes: [MachineID], _ machine: (MachineID) -> Peer?) throws(CodedError) {
        for id in changes { log.append(id) }
        for id in Set(changes) {
            if let peer = machine(id) { try put(peer) } else { drop(id) }
        }
        deltas = [:]
        keepalive = nil
    }

    private mutating func put(_ peer: Peer) throws(CodedError) {
        drop(peer.id)
        let entry = Entry(
            json: try PeerLines.json(of: peer), digest: PeerMapDigest(of: peer), isSuspect: peer.liveness == .suspect)
        entries[peer.id] = entry
        digest.toggle(entry.digest)
        if entry.isSuspect { suspects.insert(peer.id) }
    }

    private mutating func drop(_ id: MachineID) {
        guard let old = entries.removeValue(forKey: id) else { return }
        digest.toggle(old.digest)
        suspects.remove(id)
    }

    // MARK: Readers

    /// A line for one reader, and where the reader is after it.
    struct Turn: Sendable {
        /// One line in pieces, its line feed included.
        let parts: [ByteBuffer]
        let position: PeerMapPosition
        /// The value of the line's member `type`.
        let type: String
    }

    /// What a reader needs to get closer to the present; nil if it is there. The reader itself is left out.
    ///
    /// - Parameters:
    ///   - since: where the reader is.
    ///   - content: the digest of what the reader has.
    mutating func next(for reader: MachineID, since: PeerMapPosition?, content: PeerMapDigest? = nil) -> Turn? {
        guard let since, since.epoch == epoch, let changed = delta(after: since.revision) else {
            return since != nil && content == expected(of: reader) ? unchanged(for: reader) : wholeMap(for: reader)
        }
        guard since.revision < log.revision else { return nil }
        guard changed.concerns.contains(reader) else { return Turn(parts: [changed.line], position: position, type: "delta") }
        let others = (log.machines(after: since.revision) ?? []).filter { $0 != reader }
        return others.isEmpty ? keepaliveTurn() : Turn(parts: [deltaLine(others)], position: position, type: "delta")
    }

    /// Nothing new, said so that silence means a broken connection.
    mutating func keepaliveTurn() -> Turn {
        let line = keepalive ?? PeerLines.keepalive(position)
        keepalive = line
        return Turn(parts: [line], position: position, type: "keepalive")
    }

    /// The digest of the map without one machine.
    private func expected(of reader: MachineID) -> PeerMapDigest? {
        var expected = digest
        if let own = entries[reader] { expected.toggle(own.digest) }
        return expected
    }

    private func unchanged(for reader: MachineID) -> Turn {
        Turn(
            parts: [PeerLines.unchanged(position, suspects.filter { $0 != reader }.sorted())], position: position,
            type: "unchanged")
    }

    private mutating func delta(after since: UInt64) -> SharedDelta? {
        if let known = deltas[since] { return known }
        guard let changed = log.machines(after: since) else { return nil }
        let delta = SharedDelta(line: changed.isEmpty ? ByteBuffer() : deltaLine(changed), concerns: Set(changed))
        if deltas.count < Self.deltaLimit { deltas[since] = delta }
        return delta
    }

    private func deltaLine(_ changed: [MachineID]) -> ByteBuffer {
        PeerLines.delta(
            position, upserts: changed.compactMap { entries[$0]?.json }, removals: changed.filter { entries[$0] == nil })
    }

    /// The whole map, perhaps as it was a few changes ago: a delta brings the reader to the present then. While thousands join, one
    /// snapshot so serves many of them.
    private mutating func wholeMap(for reader: MachineID) -> Turn {
        let tolerated = UInt64(entries.count / 64)
        let isFresh = snapshot.map { known in
            log.revision - known.position.revision <= tolerated && log.machines(after: known.position.revision) != nil
        }
        if let known = snapshot, isFresh == true { return known.turn(for: reader) }
        let made = SharedSnapshot(position, entries)
        snapshot = made
        return made.turn(for: reader)
    }
}
