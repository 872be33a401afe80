import Basics
import MeshModel

/// The machines of the mesh by id, key and name, and the history of their changes.
///
/// Every change that other machines can see gets a new revision.
///
/// Names: who comes first has it, for as long as it is registered. One key may change its own name; a name that another machine has is
/// refused, with a free one proposed.
public struct Registry: Sendable {
    /// Names this history; positions of another epoch mean nothing here.
    public let epoch: String
    /// How many changes a reader may lag behind before it gets a snapshot, if not told otherwise.
    public static let defaultLogCapacity = 8_192

    private var peers: [MachineID: Peer] = [:]
    private var idsByKey: [PublicKey: MachineID] = [:]
    private var idsByName: [MachineName: MachineID] = [:]
    private var pool: AddressPool
    private var log: ChangeLog
    /// Where IPv6 mesh addresses come from; nil in a mesh without.
    public let meshPrefix6: MeshPrefix6?

    /// - Parameters:
    ///   - epoch: must never have been used before for another history.
    ///   - meshPrefix6: makes an IPv6 address of each machine's mesh address.
    ///   - logCapacity: how many changes are kept for deltas, at least 1.
    public init(epoch: String, pool: AddressPool, meshPrefix6: MeshPrefix6? = nil, logCapacity: Int = Registry.defaultLogCapacity)
    {
        self.epoch = epoch
        self.meshPrefix6 = meshPrefix6
        self.pool = pool
        log = ChangeLog(capacity: logCapacity)
    }

    /// The position after the latest change.
    public var position: PeerMapPosition { PeerMapPosition(epoch: epoch, revision: log.revision) }

    /// Which machine each single change after a revision was about, oldest first; nil if the log does not reach back that far.
    public func changes(after revision: UInt64) -> [MachineID]? { log.changes(after: revision) }

    /// How many machines are registered.
    public var count: Int { peers.count }

    /// All machines, in no particular order.
    public var machines: [Peer] { Array(peers.values) }

    /// The range that mesh addresses come from.
    public var meshPrefix: IPPrefix { pool.prefix }

    /// Seconds that the address of a removed machine rests.
    public var addressQuarantine: Int64 { pool.quarantine }

    /// How many addresses are in quarantine.
    public var restingAddresses: Int { pool.restingCount }

    /// Tells the wall-clock time, in seconds since 1970: addresses whose quarantine is over are free from now on.
    mutating func advance(toWall wall: Int64) { pool.advance(to: wall) }

    /// Puts an address back into quarantine that was released before the start, after the machines were restored.
    mutating func restoreReleased(_ address: IPAddress, at released: Int64) {
        pool.restoreReleased(address, at: released)
    }

    /// The machine with this id, if it is registered.
    public subscript(id: MachineID) -> Peer? { peers[id] }

    /// The machine with this key, if it is registered.
    public subscript(key: PublicKey) -> Peer? { idsByKey[key].flatMap { peers[$0] } }

    /// The machine with this name, if it is registered.
    public subscript(name: MachineName) -> Peer? { idsByName[name].flatMap { peers[$0] } }

    /// Puts back a machine that was registered before the coordinator started; no revision is made of it. Its IPv6 address is made anew.
    ///
    /// - Throws: `CodedError`: `address-outside-pool`, `address-in-use`, or `machine-twice` if its id, key or name is there already.
    public mutating func restore(_ peer: Peer) throws(CodedError) {
        guard peers[peer.id] == nil, idsByKey[peer.publicKey] == nil, idsByName[peer.name] == nil else {
            throw CodedError("machine-twice", "the machine \(peer.name) (\(peer.id)) is recorded twice, by id, key or name")
        }
        try pool.reserve(peer.meshAddress)
        var peer = peer
        peer.meshAddress6 = meshPrefix6?.address(for: peer.meshAddress)
        index(peer)
    }

    /// Applies a plan that `plan` made from this registry.
    ///
    /// - Throws: `CodedError` if the registry has changed since in a way that makes the plan impossible; then nothing is altered.
    public mutating func apply(_ plan: RegistrationPlan) throws(CodedError) {
        if plan.isNew {
            try restore(plan.peer)
            log.append(plan.peer.id)
            return
        }
        guard var peer = peers[plan.peer.id] else {
            throw CodedError("machine-unknown", "the machine \(plan.peer.id) was removed while it registered again")
        }
        try checkName(plan.peer.name, of: peer.id)
        peer.name = plan.peer.name
        peer.endpoints = plan.peer.endpoints
        replace(peer)
    }

    /// Gives a machine another name.
    ///
    /// - Throws: `CodedError`: as `planRename`; then nothing is altered.
    mutating func rename(_ id: MachineID, to name: MachineName) throws(CodedError) {
        replace(try planRename(id, to: name))
    }

    /// Gives a machine another key; its id and addresses stay.
    ///
    /// - Throws: `CodedError`: as `planKeyChange`; then nothing is altered.
    mutating func changeKey(of id: MachineID, to key: PublicKey) throws(CodedError) {
        replace(try planKeyChange(of: id, to: key))
    }

    /// Whether that was a change.
    mutating func setEndpoints(_ endpoints: [Endpoint], of id: MachineID) -> Bool {
        guard var peer = peers[id] else { return false }
        peer.endpoints = endpoints
        return replace(peer)
    }

    /// Whether that was a change. None is nil.
    mutating func setObservedEndpoints(_ endpoints: [Endpoint], of id: MachineID) -> Bool {
        guard var peer = peers[id] else { return false }
        peer.observedEndpoints = endpoints.isEmpty ? nil : endpoints
        return replace(peer)
    }

    /// Whether that was a change.
    @discardableResult
    mutating func setLiveness(_ liveness: Liveness, of id: MachineID) -> Bool {
        guard var peer = peers[id] else { return false }
        peer.liveness = liveness
        return replace(peer)
    }

    /// Removes a machine and releases its address into quarantine; nil if it was not there.
    mutating func remove(_ id: MachineID) -> Peer? {
        guard let peer = peers.removeValue(forKey: id) else { return nil }
        idsByKey[peer.publicKey] = nil
        idsByName[peer.name] = nil
        pool.release(peer.meshAddress)
        log.append(id)
        return peer
    }
}

extension Registry {
    /// Decides about a registration without altering anything.
    ///
    /// A key that is known keeps its id and its address; its endpoints and its name are updated.
    ///
    /// - Parameter newID: the id that a new machine gets; must not be in use.
    /// - Throws: `CodedError`: `name-taken` if a machine with another key has the name, `address-pool-exhausted`.
    public func plan(
        name: MachineName, publicKey: PublicKey, endpoints: [Endpoint], newID: MachineID
    ) throws(CodedError) -> RegistrationPlan {
        let known = self[publicKey]
        try checkName(name, of: known?.id)
        if var peer = known {
            peer.name = name
            peer.endpoints = endpoints
            return RegistrationPlan(peer: peer, isNew: false)
        }
        let meshAddress = try pool.lowestFree()
        let peer = Peer(
            id: newID, name: name, publicKey: publicKey, meshAddress: meshAddress,
            meshAddress6: meshPrefix6?.address(for: meshAddress), endpoints: endpoints, liveness: .alive)
        return RegistrationPlan(peer: peer, isNew: true)
    }

    /// The machine as it will be under another name; nothing is altered. Its own name is no change and no error.
    ///
    /// - Throws: `CodedError`: `machine-unknown`, `name-taken`.
    public func planRename(_ id: MachineID, to name: MachineName) throws(CodedError) -> Peer {
        var peer = try known(id)
        try checkName(name, of: id)
        peer.name = name
        return peer
    }

    /// The machine as it will be with another key; nothing is altered. Its own key is no change and no error.
    ///
    /// - Throws: `CodedError`: `machine-unknown`, or `key-taken` if another machine has the key.
    public func planKeyChange(of id: MachineID, to key: PublicKey) throws(CodedError) -> Peer {
        var peer = try known(id)
        if let holder = idsByKey[key], holder != id {
            throw CodedError("key-taken", "another machine has this public key already: make a new key pair")
        }
        peer.changeKey(to: key)
        return peer
    }

    private func known(_ id: MachineID) throws(CodedError) -> Peer {
        guard let peer = peers[id] else {
            throw CodedError("machine-unknown", "there is no machine with the id \(id)")
        }
        return peer
    }

    /// - Throws: `CodedError` with code `name-taken` if a machine other than this one has the name.
    private func checkName(_ name: MachineName, of id: MachineID?) throws(CodedError) {
        guard let holder = idsByName[name], holder != id else { return }
        let proposal = NameProposal.next(after: name) { idsByName[$0] != nil }.map { " (\($0) is free)" } ?? ""
        throw CodedError(
            "name-taken",
            "the name \(name) belongs to a machine with another key: choose another name\(proposal), or remove that machine (warren-coordinator machine remove \(name))"
        )
    }

    private mutating func index(_ peer: Peer) {
        peers[peer.id] = peer
        idsByKey[peer.publicKey] = peer.id
        idsByName[peer.name] = peer.id
    }

    /// Stores the machine anew; a revision is made only if something is different.
    @discardableResult
    private mutating func replace(_ peer: Peer) -> Bool {
        guard let old = peers[peer.id], old != peer else { return false }
        if old.name != peer.name { idsByName[old.name] = nil }
        if old.publicKey != peer.publicKey { idsByKey[old.publicKey] = nil }
        index(peer)
        log.append(peer.id)
        return true
    }
}

/// What a registration will come to once it is stored.
public struct RegistrationPlan: Sendable, Hashable {
    /// The machine as it will be. The liveness of one that is known is decided when the plan is applied.
    public let peer: Peer
    /// Whether the key is seen for the first time.
    public let isNew: Bool
}
