import Basics
import Testing

@testable import AgentCore
import Timing

@Suite struct WakeSignalTests {
    @Test(.timeLimit(.minutes(1))) func aSignalBeforeTheWaitIsRememberedOnce() async {
        let signal = WakeSignal()
        signal.wake()
        signal.wake()
        await signal.wait()
        let start = MonotonicTime.now
        await signal.wait(until: start + .milliseconds(20))
        #expect(MonotonicTime.now - start >= .milliseconds(19))
    }

    @Test(.timeLimit(.minutes(1))) func aSignalWakesTheWaiter() async {
        let signal = WakeSignal()
        let waiter = Task { await signal.wait() }
        signal.wake()
        await waiter.value
    }

    @Test(.timeLimit(.minutes(1))) func cancellationWakesTheWaiter() async {
        let signal = WakeSignal()
        let waiter = Task { await signal.wait() }
        waiter.cancel()
        await waiter.value
    }
}
