import AgentLogic
import Basics
import ControlProtocol
import Logging
import MeshModel
import Observability
import Timing
import WireGuardModel

/// Gives this machine another key under the same identity.
///
/// The new key is on disk as pending before the coordinator hears of it, and takes the old one's place once the coordinator has it. A
/// pending key is asked for again until the answer is known, also after a restart: the coordinator takes the same key twice.
actor KeyRotation {
    /// How the coordinator is asked to give this machine another key.
    typealias Ask = @Sendable (Registration, KeyPair, _ coordinator: String) async throws(CoordinatorFailure) -> ChangedKey

    private let membership: Membership
    private let keeper: IdentityKeeper
    private let ask: Ask
    private let logger: Logger
    /// There may be a pending key to ask for.
    private nonisolated let signal = WakeSignal()
    private var isBusy = false

    /// Between two attempts to learn what became of a pending key.
    private static let pause = Duration.seconds(2)

    init(membership: Membership, keeper: IdentityKeeper, logger: Logger, ask: @escaping Ask) {
        self.membership = membership
        self.keeper = keeper
        self.logger = logger
        self.ask = ask
    }

    /// Makes a new key and changes to it; one that is pending is finished instead.
    ///
    /// - Throws: `CodedError`: `not-registered`, `rotation-busy`, what writing to disk throws, the coordinator's refusal by its code; or
    ///   `rotation-pending` if no answer came, which is tried on.
    func rotate() async throws(CodedError) {
        guard membership.current.isRegistered else {
            throw CodedError("not-registered", "this machine is not registered at the coordinator: try again once it is")
        }
        guard !isBusy else { throw CodedError("rotation-busy", "the key is being changed at this moment") }
        isBusy = true
        defer { isBusy = false }
        if membership.current.identity.pendingKey == nil { try prepare() }
        guard let failure = try await change() else { return }
        guard failure.kind != .refused else {
            throw CodedError(failure.code, "the coordinator refused the new key, the old one stays: \(failure.detail)")
        }
        signal.wake()
        throw CodedError(
            "rotation-pending",
            "the coordinator has not answered (\(failure.detail)): the new key is kept as pending, and asked for until it is known"
        )
    }

    /// What became of a pending key.
    enum Settlement: Sendable, Equatable {
        /// None is pending any longer.
        case settled
        /// It is asked for at this moment, by somebody else.
        case busy
        /// The answer is not known yet.
        case failed(CoordinatorFailure)
    }

    /// Finishes what an earlier run or an unanswered request left behind.
    func settle() async -> Settlement {
        guard !isBusy else { return .busy }
        guard membership.current.identity.pendingKey != nil else { return .settled }
        isBusy = true
        defer { isBusy = false }
        do throws(CodedError) {
            guard let failure = try await change(), failure.kind != .refused else { return .settled }
            return .failed(failure)
        } catch {
            // It is decided all the same, and the next start asks again.
            logger.event("identity-not-saved", "the identity could not be written to disk: \(error)", level: .error)
            return .settled
        }
    }

    /// Asks for a pending key until there is none, and then waits for the next; until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            let state = membership.current
            let isPending = state.identity.pendingKey != nil
            if isPending, state.isRegistered, case .settled = await settle() { continue }
            await signal.wait(until: isPending ? .now + Self.pause : nil)
        }
    }

    private func prepare() throws(CodedError) {
        membership.notePendingKey(.random())
        do throws(CodedError) {
            try keeper.save()
        } catch {
            membership.notePendingKey(nil)
            throw error
        }
    }

    /// Asks for the pending key, and puts it in its place, or away if it was refused.
    private func change() async throws(CodedError) -> CoordinatorFailure? {
        let state = membership.current
        guard let registration = state.registration, let pending = state.identity.pendingKey else { return nil }
        let key = try KeyPair(pending)
        do throws(CoordinatorFailure) {
            _ = try await ask(registration, key, state.identity.coordinator)
        } catch {
            if error.kind == .refused {
                membership.notePendingKey(nil)
                try keeper.save()
                logger.event(
                    "key-not-changed", "the coordinator refused another key for this machine: \(error.detail)",
                    ["code": "\(error.code)"], level: .warning)
            }
            return error
        }
        membership.noteKeyChanged(to: key)
        logger.event(
            "key-changed", "this machine has another key", ["key": "\(key.publicKey)", "was": "\(state.publicKey)"])
        // If this fails, the new key is still on disk as pending, and the next start asks for it again.
        try keeper.save()
        return nil
    }
}
