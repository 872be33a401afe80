import Basics
import ControlProtocol
import CoordinatorLogic
import MeshModel

/// What a registration came to.
typealias RegistrationOutcome = Result<(answer: Registration, isNew: Bool), CodedError>

/// A registration that waits for the next commit.
struct WaitingRegistration: Sendable {
    let request: RegistrationRequest
    let bearer: String
    let holder: KeyHolder
    let waiter: CheckedContinuation<RegistrationOutcome, Never>
}

/// Registrations in the order they came. Those that came while one commit was under way share the next one: one transaction, one sync of the
/// disk.
struct RegistrationQueue: Sendable {
    /// How many may wait.
    static let waitingLimit = WriteLane.waitingLimit
    /// How many share a commit, so that other changes of the membership get their turn.
    static let batchLimit = 256

    private var waiting: [WaitingRegistration] = []
    /// Whether somebody is at work on the queue.
    var isServed = false

    var isEmpty: Bool { waiting.isEmpty }
    var count: Int { waiting.count }
    var isFull: Bool { waiting.count >= Self.waitingLimit }

    mutating func append(_ registration: WaitingRegistration) { waiting.append(registration) }

    /// Takes the next ones out of the queue, no key twice: who holds a key is known only once its registration is applied.
    mutating func takeBatch() -> [WaitingRegistration] {
        var keys: Set<PublicKey> = []
        let batch = Array(waiting.prefix(Self.batchLimit).prefix { keys.insert($0.request.publicKey).inserted })
        waiting.removeFirst(batch.count)
        return batch
    }
}

/// What the registrations of one commit have come to so far: each is decided on top of those before it, and nothing is altered before
/// all of it is stored.
struct RegistrationDraft: Sendable {
    /// A registration that can be stored.
    struct Entry: Sendable {
        let plan: RegistrationPlan
        let credential: Credential
        let hash: SecretHash
        /// What the machine has until the answer reaches it; nil if it has none.
        let previous: SecretHash?
        /// The id of the join token that admitted the machine; nil if its own credential did.
        let token: String?
        let holder: KeyHolder
    }

    /// With all entries applied but the last.
    private(set) var registry: Registry
    /// With the uses by all entries.
    private(set) var tokens: [JoinTokenRecord]
    private(set) var entries: [Entry] = []

    init(registry: Registry, tokens: [JoinTokenRecord]) {
        self.registry = registry
        self.tokens = tokens
    }

    /// Brings the registry up to date. Only a second registration makes a copy of it necessary: a lone one costs none.
    ///
    /// - Throws: `CodedError` as `Registry.apply`.
    mutating func settle() throws(CodedError) {
        guard let last = entries.last else { return }
        guard !settled else { return }
        try registry.apply(last.plan)
        settled = true
    }
    private var settled = true

    /// Adds what was decided on the registry as it is after `settle`.
    mutating func add(_ entry: Entry) {
        entries.append(entry)
        settled = false
        guard let token = entry.token, let index = tokens.firstIndex(where: { $0.id == token }) else { return }
        tokens[index].uses += 1
        tokens[index].usedBy = entry.plan.peer.id
    }

    /// The join token with this secret. All are compared with, each in constant time, so that the time taken tells nothing of any of them.
    func token(with secret: SecretHash) -> JoinTokenRecord? {
        var found: JoinTokenRecord?
        for token in tokens where token.secret.matches(secret) { found = token }
        return found
    }
}
