import Basics
import MeshModel
import Testing

@testable import CoordinatorLogic

@Suite struct LivenessTests {
    private func tracker() throws -> LivenessTracker {
        LivenessTracker(limits: try LivenessLimits(suspectAfter: .seconds(3), unresponsiveAfter: .seconds(6)))
    }

    /// Ticks exactly when the tracker asks for it, until `end`; all transitions with their times in seconds.
    private func drive(_ tracker: inout LivenessTracker, from start: Double, to end: Double) -> [(Double, Liveness)] {
        var now = seconds(start)
        var seen: [(Double, Liveness)] = []
        while now <= seconds(end) {
            let tick = tracker.tick(at: now)
            for transition in tick.transitions { seen.append((Double(now.nanoseconds) / 1e9, transition.to)) }
            #expect(tick.wake > now)
            now = tick.wake
        }
        return seen
    }

    @Test func silenceIsDetectedExactlyAtItsDeadline() throws {
        var tracker = try tracker()
        #expect(try tracker.heard(id(1), at: seconds(0.123)) == nil)
        let seen = drive(&tracker, from: 0.2, to: 20)
        #expect(seen.map(\.0) == [3.123, 6.123])
        #expect(seen.map(\.1) == [.suspect, .unresponsive])
        #expect(try tracker.silence(of: id(1), at: seconds(20.123)) == .seconds(20))
    }

    @Test func heartbeatsKeepAMachineAliveForever() throws {
        var tracker = try tracker()
        for step in 0..<1_000 {
            #expect(try tracker.heard(id(1), at: seconds(Double(step))) == nil)
            #expect(tracker.tick(at: seconds(Double(step) + 0.5)).transitions.isEmpty)
        }
    }

    @Test func aHeartbeatMakesAliveAgainAndTheNextDeadlineIsExact() throws {
        var tracker = try tracker()
        _ = try tracker.heard(id(1), at: .zero)
        _ = drive(&tracker, from: 0, to: 3.1)
        let back = try tracker.heard(id(1), at: seconds(3.2))
        #expect(back?.from == .suspect && back?.to == .alive && back?.silence == .milliseconds(3_200))
        // The heap still holds the old deadline at 6 s, after the new one would be due if limits were 3 and 100 s.
        #expect(drive(&tracker, from: 3.3, to: 20).map(\.0) == [6.2, 9.2])
        let again = try tracker.heard(id(1), at: seconds(20.5))
        #expect(again?.from == .unresponsive && again?.to == .alive)
        #expect(drive(&tracker, from: 20.5, to: 40).map(\.0) == [23.5, 26.5])
    }

    @Test func aShortNewDeadlineIsNotHiddenByALongOldOne() throws {
        var tracker = LivenessTracker(limits: try LivenessLimits(suspectAfter: .seconds(1), unresponsiveAfter: .seconds(100)))
        _ = try tracker.heard(id(1), at: .zero)
        #expect(drive(&tracker, from: 0, to: 2).map(\.0) == [1])
        _ = try tracker.heard(id(1), at: seconds(2))
        #expect(drive(&tracker, from: 2, to: 110).map(\.0) == [3, 102])
    }

    @Test func afterAStartEverybodyGetsAFreshGracePeriod() throws {
        var tracker = try tracker()
        try tracker.restore(id(1), unresponsive: false, at: seconds(100))
        try tracker.restore(id(2), unresponsive: true, at: seconds(100))
        #expect(try tracker.silence(of: id(1), at: seconds(101)) == nil)
        let seen = drive(&tracker, from: 100, to: 120)
        #expect(seen.map(\.0) == [103, 106], "only the one that was not unresponsive changes")
        #expect(try tracker.liveness(of: id(2)) == .unresponsive)
        #expect(try tracker.heard(id(2), at: seconds(120))?.from == .unresponsive)
    }

    @Test func theCoordinatorsOwnPauseIsNobodysSilence() throws {
        var tracker = try tracker()
        for step in 0...5 { _ = try tracker.heard(id(1), at: seconds(Double(step))) }
        #expect(tracker.tick(at: seconds(5.1)).transitions.isEmpty)
        // Suspended for an hour; the tick comes first, the waiting heartbeat right after it.
        #expect(tracker.tick(at: seconds(3_605)).transitions.isEmpty)
        #expect(try tracker.heard(id(1), at: seconds(3_605.01)) == nil)
        // And one that really died meanwhile is found, a little later.
        let seen = drive(&tracker, from: 3_605.1, to: 3_620)
        #expect(seen.map(\.1) == [.suspect, .unresponsive] && (seen.last?.0 ?? 0) < 3_611.2)
    }

    @Test func aForgottenMachineMakesNoMoreTransitions() throws {
        var tracker = try tracker()
        _ = try tracker.heard(id(1), at: .zero)
        try tracker.remove(id(1))
        #expect(drive(&tracker, from: 0, to: 20).isEmpty)
        #expect(try tracker.liveness(of: id(1)) == nil)
    }

    @Test func limitsMustBeInOrder() {
        #expect(code { _ = try LivenessLimits(suspectAfter: .seconds(3), unresponsiveAfter: .seconds(3)) } == "bad-limits")
        #expect(code { _ = try LivenessLimits(suspectAfter: .zero, unresponsiveAfter: .seconds(3)) } == "bad-limits")
    }

    @Test func tenThousandMachinesAreCheap() throws {
        var tracker = try tracker()
        let ids = try (0..<10_000).map(id)
        let clock = ContinuousClock()
        let took = clock.measure {
            for round in 0..<4 {
                for (index, machine) in ids.enumerated() {
                    let now = seconds(Double(round) + Double(index) / 10_000)
                    _ = tracker.heard(machine, at: now)
                    if index % 2_500 == 0 { #expect(tracker.tick(at: now).transitions.isEmpty) }
                }
            }
        }
        // 40,000 heartbeats; a scan of all machines for each of them would be 400,000,000 steps.
        #expect(took < .seconds(10))
    }
}
