import Basics
import ControlProtocol
import Logging
import MeshModel
import Synchronization
import Testing
import WireGuardModel

@testable import AgentCore

/// Another key under the same identity, with a crash at every point.
@Suite struct KeyRotationTests {
    /// The coordinator's side: which key the machine has there, and how the next requests end.
    private final class Peer: Sendable {
        enum Turn: Sendable { case answers, losesTheAnswer, isAway, refuses, isUnauthorized }
        private let state: Mutex<(key: PublicKey, turns: [Turn], asked: [PublicKey])>
        /// Looks at what is on disk at the instant of the request.
        let onRequest: @Sendable () -> Void

        init(_ key: PublicKey, _ turns: [Turn], onRequest: @escaping @Sendable () -> Void = {}) {
            state = Mutex((key, turns, []))
            self.onRequest = onRequest
        }
        var key: PublicKey { state.withLock { $0.key } }
        var asked: [PublicKey] { state.withLock { $0.asked } }

        func take(_ machine: Registration, _ key: KeyPair) throws(CoordinatorFailure) -> ChangedKey {
            onRequest()
            let turn = state.withLock { state -> Turn in
                let turn = state.turns.isEmpty ? .answers : state.turns.removeFirst()
                state.asked.append(key.publicKey)
                if turn == .answers || turn == .losesTheAnswer { state.key = key.publicKey }
                return turn
            }
            switch turn {
            case .answers: return ChangedKey(id: machine.id, publicKey: key.publicKey)
            case .losesTheAnswer, .isAway: throw .unreachable("no answer")
            case .refuses: throw CoordinatorFailure(kind: .refused, code: "key-taken", detail: "another machine has it")
            case .isUnauthorized: throw CoordinatorFailure(kind: .unauthorized, code: "credential-invalid", detail: "void")
            }
        }
    }

    private let scratch: Scratch
    private let store: IdentityStore
    private let old: Identity

    init() throws {
        scratch = try Scratch()
        store = IdentityStore(directory: scratch.path)
        var identity = Identity(joining: token)
        identity.registration = try registration()
        try store.save(identity)
        old = identity
    }

    /// A run of the agent, from what is on disk.
    private func start(_ peer: Peer) throws -> (membership: Membership, rotation: KeyRotation) {
        let membership = try Membership(identity: #require(try store.load()), map: nil)
        membership.noteRegistered(try registration())
        let rotation = KeyRotation(
            membership: membership, keeper: IdentityKeeper(membership: membership, store: store),
            logger: Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }
        ) { (machine, key, _) async throws(CoordinatorFailure) -> ChangedKey in try peer.take(machine, key) }
        return (membership, rotation)
    }

    private func code(_ body: () async throws -> Void) async -> String? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? CodedError)?.code ?? "\(error)"
        }
    }

    @Test func theNewKeyIsOnDiskBeforeTheCoordinatorHearsOfIt() async throws {
        let seen = Mutex<Identity?>(nil)
        let store = store
        let peer = Peer(try old.publicKey(), []) { seen.withLock { $0 = try? store.load() } }
        let (membership, rotation) = try start(peer)
        let generation = membership.current.generation
        try await rotation.rotate()
        let during = try #require(seen.withLock { $0 })
        #expect(during.privateKey == old.privateKey && during.pendingKey != nil)
        #expect(try scratch.mode(of: "identity.json") == 0o600)
        let after = try #require(try store.load())
        #expect(after.privateKey == during.pendingKey && after.pendingKey == nil && after.registration == old.registration)
        #expect(try after.publicKey() == peer.key && membership.current.publicKey == peer.key)
        #expect(membership.current.generation > generation, "the data plane takes notice")
    }

    /// Killed after the pending key was written, before or after the coordinator took it.
    @Test(arguments: [false, true]) func aCrashInBetweenIsRepairedAtTheNextStart(coordinatorHasIt: Bool) async throws {
        var identity = old
        let pending = PrivateKey.random()
        identity.pendingKey = pending
        try store.save(identity)
        let new = try KeyPair(pending).publicKey
        let peer = Peer(coordinatorHasIt ? new : try old.publicKey(), [])
        let (membership, rotation) = try start(peer)
        #expect(membership.current.publicKey == (try old.publicKey()), "until the coordinator has answered")
        #expect(await rotation.settle() == .settled)
        #expect(peer.key == new && membership.current.publicKey == new)
        let after = try #require(try store.load())
        #expect(after.privateKey == pending && after.pendingKey == nil)
    }

    @Test func anAnswerThatWasLostIsAskedForAgain() async throws {
        let peer = Peer(try old.publicKey(), [.losesTheAnswer, .isAway, .isUnauthorized])
        let (membership, rotation) = try start(peer)
        #expect(await code { try await rotation.rotate() } == "rotation-pending")
        let pending = try #require(try store.load()?.pendingKey)
        #expect(try store.load()?.privateKey == old.privateKey)
        #expect(await failure(rotation.settle())?.kind == .unreachable)
        #expect(await failure(rotation.settle())?.kind == .unauthorized)
        try await rotation.rotate()
        #expect(Set(peer.asked).count == 1, "always for the same key")
        #expect(membership.current.identity.privateKey == pending && membership.current.identity.pendingKey == nil)
    }

    private func failure(_ settlement: KeyRotation.Settlement) -> CoordinatorFailure? {
        guard case .failed(let failure) = settlement else { return nil }
        return failure
    }

    /// Whoever finds the key being asked for waits; once it is known, nothing is pending.
    @Test(.timeLimit(.minutes(1))) func whileTheAnswerIsAwaitedOthersWait() async throws {
        var identity = old
        identity.pendingKey = .random()
        try store.save(identity)
        let membership = try Membership(identity: identity, map: nil)
        membership.noteRegistered(try registration())
        let (asked, noteAsked) = AsyncStream.makeStream(of: Void.self)
        let (answered, answer) = AsyncStream.makeStream(of: Void.self)
        let rotation = KeyRotation(
            membership: membership, keeper: IdentityKeeper(membership: membership, store: store),
            logger: Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }
        ) { (machine, key, _) async throws(CoordinatorFailure) -> ChangedKey in
            noteAsked.yield()
            for await _ in answered { break }
            return ChangedKey(id: machine.id, publicKey: key.publicKey)
        }
        let rotating = Task { try await rotation.rotate() }
        for await _ in asked { break }
        let running = Task { await rotation.run() }
        defer { running.cancel() }
        for _ in 0..<100 { await Task.yield() }
        #expect(await rotation.settle() == .busy)
        answer.yield()
        try await rotating.value
        #expect(await rotation.settle() == .settled && membership.current.identity.pendingKey == nil)
    }

    @Test func aRefusalLeavesTheOldKey() async throws {
        let peer = Peer(try old.publicKey(), [.refuses])
        let (membership, rotation) = try start(peer)
        #expect(await code { try await rotation.rotate() } == "key-taken")
        #expect(try store.load() == membership.current.identity)
        #expect(membership.current.identity.pendingKey == nil && membership.current.identity.privateKey == old.privateKey)
    }

    @Test func whatCannotBeWrittenIsNotAskedFor() async throws {
        let peer = Peer(try old.publicKey(), [])
        let membership = try Membership(identity: old, map: nil)
        membership.noteRegistered(try registration())
        let nowhere = IdentityStore(directory: "\(scratch.path)/missing")
        let rotation = KeyRotation(
            membership: membership, keeper: IdentityKeeper(membership: membership, store: nowhere),
            logger: Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }
        ) { (machine, key, _) async throws(CoordinatorFailure) -> ChangedKey in try peer.take(machine, key) }
        #expect(await code { try await rotation.rotate() } == "state-file")
        #expect(peer.asked.isEmpty && membership.current.identity.pendingKey == nil)
    }

    @Test func aPendingKeyIsNeverShown() throws {
        var identity = old
        let pending = PrivateKey.random()
        identity.pendingKey = pending
        var shown = "\(identity) \(String(reflecting: identity))"
        dump(identity, to: &shown)
        #expect(!shown.contains(pending.base64))
    }
}
