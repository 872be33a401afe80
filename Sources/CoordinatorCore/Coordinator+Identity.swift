import Basics
import CoordinatorLogic
import MeshModel

/// Changes of who a machine is, short of its registration: all stored first, then applied, then told to everybody.
extension Coordinator {
    /// Gives a machine another name, which it keeps whatever it registers with. Its own name again is no change.
    ///
    /// - Throws: `CodedError`: `machine-unknown`, `name-taken`, `busy`, `storage-failed`; then nothing has changed.
    func rename(_ id: MachineID, to name: MachineName) async throws(CodedError) {
        try await lane.enter()
        defer { lane.leave() }
        let plan = try membership.registry.planRename(id, to: name)
        guard let old = membership.registry[id], old.name != name else { return }
        try await store.save(nameGivenTo: plan)
        givenNames.insert(id)
        try membership.rename(id, to: name)
        guard let peer = membership.registry[id] else { return }
        record("machine-renamed", peer, "\(old.name) is \(peer.name) now", ["was": "\(old.name)"])
        announceChanges()
    }

    /// Gives the caller another key; id, addresses and credential stay. Its own key again is no change. That the machine holds the
    /// private half is for the caller to have checked.
    ///
    /// - Throws: `CodedError`: `credential-invalid`, `key-taken`, `busy`, `storage-failed`; then nothing has changed.
    func changeKey(of caller: Caller, to key: PublicKey) async throws(CodedError) {
        try await lane.enter()
        defer { lane.leave() }
        try confirm(caller)
        let id = caller.machine
        let plan = try membership.registry.planKeyChange(of: id, to: key)
        guard let old = membership.registry[id], old.publicKey != key else { return }
        try await store.save(identityOf: plan)
        try membership.changeKey(of: id, to: key)
        guard let peer = membership.registry[id] else { return }
        record(
            "machine-key-changed", peer, "\(peer.name) has another key", ["key": "\(peer.publicKey)", "was": "\(old.publicKey)"])
        announceChanges()
    }

    /// Makes the credential of a machine void: its stream ends, and it must register with a valid join token again. Its id, addresses
    /// and name stay its own.
    ///
    /// - Throws: `CodedError`: `machine-unknown`, `busy`, `storage-failed`; then nothing has changed.
    func revokeCredential(of id: MachineID) async throws(CodedError) {
        try await lane.enter()
        defer { lane.leave() }
        guard membership.registry[id] != nil else {
            throw CodedError("machine-unknown", "there is no machine with the id \(id)")
        }
        try await store.save(credential: .nobodys, of: id)
        guard let peer = membership.registry[id] else { return }
        credentials[id] = StoredCredential(hash: .nobodys, wasUsed: true)
        endStream(of: id, .credentialRevoked)
        record("machine-credential-revoked", peer, "the credential of \(peer.name) was revoked by an administrator")
    }
}
