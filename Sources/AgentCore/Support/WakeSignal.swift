import Basics
import Synchronization
import Timing

/// Wakes one waiting task. Signals that come while nobody waits are remembered as one.
final class WakeSignal: Sendable {
    private struct State {
        var isPending = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Wakes the waiter, or the next one to come.
    func wake() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard let waiter = state.waiter.take() else {
                state.isPending = true
                return nil
            }
            return waiter
        }
        waiter?.resume()
    }

    /// Forgets signals that came while nobody waited: whoever is about to look at everything needs none of them.
    func clear() { state.withLock { $0.isPending = false } }

    /// Returns at the next signal, at the deadline, or when the task is cancelled. For one task at a time.
    func wait(until deadline: MonotonicTime? = nil) async {
        let timer = deadline.map { deadline in
            Task {
                guard (try? await Task.sleep(for: max(deadline - .now, .zero))) != nil else { return }
                self.wake()
            }
        }
        defer { timer?.cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let resumesNow = state.withLock { state -> Bool in
                    if state.isPending || Task.isCancelled {
                        state.isPending = false
                        return true
                    }
                    state.waiter = continuation
                    return false
                }
                if resumesNow { continuation.resume() }
            }
        } onCancel: {
            wake()
        }
    }
}
