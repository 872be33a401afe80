import Basics
import Testing
import Timing

struct MonotonicClockTests {
    @Test func nowNeverGoesBackAndNeverLiesBeforeTheOrigin() {
        var last = MonotonicTime.zero
        for _ in 0..<1_000 {
            let now = MonotonicTime.now
            #expect(now >= last)
            last = now
        }
    }
}

struct OneShotTests {
    @Test func theFirstValueStandsAndWakesEverybody() async {
        let shot = OneShot<Int>()
        #expect(shot.current == nil)
        async let one = shot.value()
        async let two = shot.value(within: .seconds(60))
        shot.set(1)
        shot.set(2)
        #expect(await one == 1)
        #expect(await two == 1)
        #expect(shot.current == 1)
        #expect(await shot.value(within: .zero) == 1)
    }

    @Test func aLimitAndACancellationEndTheWait() async {
        let shot = OneShot<Int>()
        #expect(await shot.value(within: .milliseconds(1)) == nil)
        let waiter = Task { await shot.value() }
        waiter.cancel()
        #expect(await waiter.value == nil)
    }
}

struct BoundedTests {
    @Test func lateWorkIsCancelledAndItsResultDropped() async {
        let wasCancelled = OneShot<Bool>()
        let late = await bounded(within: .milliseconds(1)) { () async -> Int in
            try? await Task.sleep(for: .seconds(600))
            wasCancelled.set(Task.isCancelled)
            return 1
        }
        #expect(late == nil)
        #expect(await wasCancelled.value(within: .seconds(20)) == true)
        #expect(await bounded(within: .seconds(60)) { 2 } == 2)
    }
}
