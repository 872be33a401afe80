import Basics
import Synchronization

/// Lets one membership change after another decide, store and apply, in the order they came, while the coordinator goes on
/// answering everything else.
final class WriteLane: Sendable {
    /// How many changes may wait.
    static let waitingLimit = 4_096
    static let busy = CodedError("busy", "too many membership changes are waiting: try again in a moment")

    private struct State {
        var isBusy = false
        var waiting: [CheckedContinuation<Bool, Never>] = []
    }
    private let state = Mutex(State())

    /// Waits for its turn: at most as long as the commits of those before it take. Whoever comes back must call `leave`.
    ///
    /// - Throws: `CodedError` with code `busy` if too many wait already.
    func enter() async throws(CodedError) {
        let isAdmitted = await withCheckedContinuation { continuation in
            let answer: Bool? = state.withLock { state in
                guard state.isBusy else {
                    state.isBusy = true
                    return true
                }
                guard state.waiting.count < Self.waitingLimit else { return false }
                state.waiting.append(continuation)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
        guard isAdmitted else {
            throw Self.busy
        }
    }

    /// Lets the next one in.
    func leave() {
        let next: CheckedContinuation<Bool, Never>? = state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isBusy = false
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume(returning: true)
    }
}
