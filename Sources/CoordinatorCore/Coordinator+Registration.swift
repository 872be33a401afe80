import Basics
import ControlProtocol
import CoordinatorLogic
import Logging
import MeshModel

extension Coordinator {
    /// What let a registration in.
    private enum Admission {
        case credential
        case token(id: String)
    }

    /// Registers a machine: stores it, then applies it, then tells everybody.
    ///
    /// - Parameters:
    ///   - bearer: a join token's secret, or the credential that the machine with this key has.
    /// - Returns: the answer, and whether the key is seen for the first time.
    /// - Throws: `CodedError`: `join-token-invalid`, `credential-invalid`, `name-taken`, `address-pool-exhausted`, `busy`,
    ///   `storage-failed`; then nothing has changed.
    func register(
        _ request: RegistrationRequest, bearer: String
    ) async throws(CodedError) -> (answer: Registration, isNew: Bool) {
        try await lane.enter()
        defer { lane.leave() }
        let now = clock.wall()
        let admission = try await admit(request.publicKey, bearer: bearer, now: now)
        let plan = try membership.registry.plan(
            name: name(for: request), publicKey: request.publicKey, endpoints: request.endpoints, newID: .random())
        let credential = Credential.random(for: plan.peer.id)
        let hash = SecretHash(of: credential.text)
        var token: String?
        if case .token(let id) = admission { token = id }
        try await store.save(
            registration: StoredMachine(peer: plan.peer, credential: hash, credentialUsed: false), token: token, now: now)

        let transition = try membership.admit(plan, at: clock.monotonic())
        credentials[plan.peer.id] = StoredCredential(hash: hash, wasUsed: false)
        endStream(of: plan.peer.id, .credentialReplaced)
        let peer = membership.registry[plan.peer.id] ?? plan.peer
        record(
            "machine-registered", peer,
            plan.isNew ? "\(peer.name) joined as \(peer.meshAddress)" : "\(peer.name) registered again as \(peer.meshAddress)",
            ["key": "\(peer.publicKey)", "new": .stringConvertible(plan.isNew), "by": token.map { "\($0)" } ?? "credential"])
        if let transition { recordTransition(transition) }
        announceChanges()
        return (registration(of: peer, credential), plan.isNew)
    }

    private func registration(of peer: Peer, _ credential: Credential) -> Registration {
        Registration(
            id: peer.id, name: peer.name, meshAddress: peer.meshAddress, meshPrefix: membership.registry.meshPrefix,
            credential: credential.text, liveness: settings.liveness)
    }

    private func admit(_ key: PublicKey, bearer: String, now: Int64) async throws(CodedError) -> Admission {
        if let credential = Credential(bearer) {
            let caller = try authenticate(credential)
            guard membership.registry[caller.machine]?.publicKey == key else {
                throw CodedError(
                    "credential-invalid", "the credential belongs to a machine with another key: register with a join token")
            }
            return .credential
        }
        guard bearer.utf8.count <= Credential.lengthLimit, let token = try await store.token(with: SecretHash(of: bearer)) else {
            throw CodedError(
                "join-token-invalid",
                "the join token is not one of this coordinator's: make one with warren-coordinator token create")
        }
        guard let refusal = token.refusal(at: now) else { return .token(id: token.id) }
        guard token.state(at: now) == .used, isUnheardRetry(token, key) else {
            throw CodedError("join-token-invalid", "\(refusal): make a new one with warren-coordinator token create")
        }
        return .token(id: token.id)
    }

    /// Whether this is the machine that used the token up and never learnt that it did: the answer was lost on its way, for
    /// it has not used its credential yet. Without this, one lost answer would lock a machine out.
    private func isUnheardRetry(_ token: JoinTokenRecord, _ key: PublicKey) -> Bool {
        guard let known = membership.registry[key], known.id == token.usedBy else { return false }
        return credentials[known.id]?.wasUsed == false
    }

    /// Removes a machine: it left by itself, or an administrator removed it.
    ///
    /// - Throws: `CodedError`: `machine-unknown`, `busy`, `storage-failed`; then nothing has changed.
    func remove(_ id: MachineID, _ reason: Removal) async throws(CodedError) {
        try await lane.enter()
        defer { lane.leave() }
        guard membership.registry[id] != nil else {
            throw CodedError("machine-unknown", "there is no machine with the id \(id)")
        }
        try await store.remove(id)
        guard let peer = membership.remove(id) else { return }
        credentials[id] = nil
        applied[id] = nil
        givenNames.remove(id)
        unsaved.remove(id)
        endStream(of: id, .removed)
        switch reason {
        case .left: record("machine-left", peer, "\(peer.name) left the mesh")
        case .removed: record("machine-removed", peer, "\(peer.name) was removed by an administrator")
        }
        announceChanges()
    }

    /// Why a machine is not part of the mesh any longer.
    enum Removal: Sendable { case left, removed }
}
