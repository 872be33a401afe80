import Basics
import ControlProtocol
import CoordinatorLogic
import Logging
import MeshModel

extension Coordinator {
    /// What let a registration in.
    private enum Admission {
        /// One of the machine's own, by its hash.
        case credential(SecretHash)
        case token(id: String)
    }

    /// Registers a machine: stores it, then applies it, then tells everybody. Registrations that come at the same time share a commit.
    ///
    /// - Parameters:
    ///   - bearer: a join token's secret, or the credential that the machine with this key has.
    ///   - remote: where the request came from.
    /// - Returns: the answer, and whether the key is seen for the first time.
    /// - Throws: `CodedError`: `challenge-expired`, `proof-invalid`, `key-in-use`, `join-token-invalid`, `credential-invalid`, `name-taken`, `address-pool-exhausted`, `busy`,
    ///   `storage-failed`; then nothing has changed.
    func register(
        _ request: RegistrationRequest, bearer: String, from remote: String
    ) async throws(CodedError) -> (answer: Registration, isNew: Bool) {
        try await challenges.check(request.proof, of: request.publicKey, bearer: bearer, at: clock.monotonic())
        let holder = KeyHolder(instance: request.instance, remote: remote)
        try await askHolder(of: request.publicKey, for: holder)
        guard !waitingRegistrations.isFull else { throw WriteLane.busy }
        let outcome = await withCheckedContinuation { waiter in
            waitingRegistrations.append(WaitingRegistration(request: request, bearer: bearer, holder: holder, waiter: waiter))
            guard !waitingRegistrations.isServed else { return }
            waitingRegistrations.isServed = true
            // Not the caller's own task: that one may be cancelled, and others share its commit.
            Task { await commitRegistrations() }
        }
        return try outcome.get()
    }

    /// Commits until nobody waits.
    private func commitRegistrations() async {
        while !waitingRegistrations.isEmpty {
            do {
                try await lane.enter()
            } catch {
                for waiting in waitingRegistrations.takeBatch() { waiting.waiter.resume(returning: .failure(error)) }
                continue
            }
            let batch = waitingRegistrations.takeBatch()
            let outcomes = await commit(batch)
            lane.leave()
            for (waiting, outcome) in zip(batch, outcomes) { waiting.waiter.resume(returning: outcome) }
        }
        waitingRegistrations.isServed = false
    }

    /// Decides about all, stores those that are possible in one transaction, and applies them.
    ///
    /// - Returns: what came of each, in their order.
    private func commit(_ batch: [WaitingRegistration]) async -> [RegistrationOutcome] {
        let now = clock.wall()
        do {
            let tokens = batch.allSatisfy({ Credential($0.bearer) != nil }) ? [] : try await store.tokens()
            let decisions = decide(batch, tokens, now)
            let rows = decisions.compactMap { try? $0.get() }.map { entry in
                (
                    StoredMachine(
                        peer: entry.plan.peer, credential: entry.hash, credentialUsed: false, previousCredential: entry.previous),
                    entry.token
                )
            }
            if !rows.isEmpty { try await store.save(registrations: rows, now: now) }
            defer { if !rows.isEmpty { announceChanges() } }
            return decisions.map { decision in
                decision.flatMap { entry in Result { () throws(CodedError) in try apply(entry) } }
            }
        } catch {
            return batch.map { _ in .failure(error) }
        }
    }

    /// Plans each registration on top of those before it; nothing is altered.
    private func decide(
        _ batch: [WaitingRegistration], _ tokens: [JoinTokenRecord], _ now: Int64
    ) -> [Result<RegistrationDraft.Entry, CodedError>] {
        membership.advance(toWall: now)
        var draft = RegistrationDraft(registry: membership.registry, tokens: tokens)
        return batch.map { waiting in
            Result { () throws(CodedError) in try decide(waiting, now: now, in: &draft) }
        }
    }

    private func decide(
        _ waiting: WaitingRegistration, now: Int64, in draft: inout RegistrationDraft
    ) throws(CodedError) -> RegistrationDraft.Entry {
        let request = waiting.request
        try draft.settle()
        try refuseClone(of: request.publicKey, waiting.holder)
        let admission = try admit(request.publicKey, bearer: waiting.bearer, now: now, draft)
        let plan = try draft.registry.plan(
            name: name(for: request), publicKey: request.publicKey, endpoints: request.endpoints, newID: .random())
        let credential = Credential.random(for: plan.peer.id)
        let token: String?
        let previous: SecretHash?
        switch admission {
        case .credential(let presented): (token, previous) = (nil, presented)
        case .token(let id): (token, previous) = (id, lastUsed(by: plan.peer.id))
        }
        let entry = RegistrationDraft.Entry(
            plan: plan, credential: credential, hash: SecretHash(of: credential.text), previous: previous,
            token: token, holder: waiting.holder)
        draft.add(entry)
        return entry
    }

    /// Applies a registration that is stored.
    private func apply(_ entry: RegistrationDraft.Entry) throws(CodedError) -> (answer: Registration, isNew: Bool) {
        let plan = entry.plan
        let transition = try membership.admit(plan, at: clock.monotonic())
        credentials[plan.peer.id] = StoredCredential(hash: entry.hash, wasUsed: false, previous: entry.previous)
        endStream(of: plan.peer.id, .credentialReplaced)
        noteHolder(entry.holder, of: plan.peer.id)
        let peer = membership.registry[plan.peer.id] ?? plan.peer
        record(
            "machine-registered", peer,
            plan.isNew ? "\(peer.name) joined as \(peer.meshAddress)" : "\(peer.name) registered again as \(peer.meshAddress)",
            [
                "key": "\(peer.publicKey)", "new": .stringConvertible(plan.isNew),
                "by": entry.token.map { "\($0)" } ?? "credential",
            ])
        if let transition { recordTransition(transition) }
        return (registration(of: peer, entry.credential), plan.isNew)
    }

    private func registration(of peer: Peer, _ credential: Credential) -> Registration {
        Registration(
            id: peer.id, name: peer.name, meshAddress: peer.meshAddress, meshPrefix: membership.registry.meshPrefix,
            meshAddress6: peer.meshAddress6, meshPrefix6: membership.registry.meshPrefix6?.prefix, credential: credential.text,
            liveness: presentLiveness)
    }

    private func admit(
        _ key: PublicKey, bearer: String, now: Int64, _ draft: RegistrationDraft
    ) throws(CodedError) -> Admission {
        if let credential = Credential(bearer) {
            guard let machine = applicant(credential) else {
                throw CodedError(
                    "credential-invalid", "the coordinator does not know this credential: register with a join token")
            }
            guard draft.registry[machine]?.publicKey == key else {
                throw CodedError(
                    "credential-invalid", "the credential belongs to a machine with another key: register with a join token")
            }
            return .credential(SecretHash(of: credential.text))
        }
        guard bearer.utf8.count <= Credential.lengthLimit, let token = draft.token(with: SecretHash(of: bearer)) else {
            throw CodedError(
                "join-token-invalid",
                "the join token is not one of this coordinator's: make one with warren-coordinator token create")
        }
        guard let refusal = token.refusal(at: now) else { return .token(id: token.id) }
        guard token.state(at: now) == .used, isUnheardRetry(token, key, draft) else {
            throw CodedError("join-token-invalid", "\(refusal): make a new one with warren-coordinator token create")
        }
        return .token(id: token.id)
    }

    /// Whether this is the machine that used the token up and never learnt that it did: the answer was lost on its way, for
    /// it has not used its credential yet. Without this, one lost answer would lock a machine out.
    private func isUnheardRetry(_ token: JoinTokenRecord, _ key: PublicKey, _ draft: RegistrationDraft) -> Bool {
        guard let known = draft.registry[key], known.id == token.usedBy else { return false }
        return credentials[known.id]?.wasUsed == false
    }

    /// The credential that a machine is known to have got: it stays good for registering until the one that is about to be made is used.
    private func lastUsed(by id: MachineID) -> SecretHash? {
        guard let known = credentials[id] else { return nil }
        return known.wasUsed ? known.hash : known.previous
    }

    /// Removes a machine, as an administrator wants it.
    ///
    /// - Throws: `CodedError`: `machine-unknown`, `busy`, `storage-failed`; then nothing has changed.
    func remove(_ id: MachineID) async throws(CodedError) {
        try await lane.enter()
        defer { lane.leave() }
        try await discard(id, .removed)
    }

    /// Removes the caller, as it wishes.
    ///
    /// - Throws: `CodedError`: `credential-invalid`, `busy`, `storage-failed`; then nothing has changed.
    func leave(_ caller: Caller) async throws(CodedError) {
        try await lane.enter()
        defer { lane.leave() }
        try confirm(caller)
        try await discard(caller.machine, .left)
    }

    /// To be called within the lane.
    private func discard(_ id: MachineID, _ reason: Removal) async throws(CodedError) {
        guard let known = membership.registry[id] else {
            throw CodedError("machine-unknown", "there is no machine with the id \(id)")
        }
        let now = clock.wall()
        try await store.remove(known, now: now, quarantine: settings.addressQuarantine)
        membership.advance(toWall: now)
        guard let peer = membership.remove(id) else { return }
        credentials[id] = nil
        applied[id] = nil
        heldKeys[id] = nil
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
    private enum Removal: Sendable { case left, removed }
}
