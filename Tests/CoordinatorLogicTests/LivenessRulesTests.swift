import Basics
import MeshModel
import Testing

@testable import CoordinatorLogic

@Suite struct BrokenConnectionTests {
    @Test func aBrokenStreamWithoutAHeartbeatMakesSuspectEarlyAndNothingElse() throws {
        var bench = try LivenessBench()
        try bench.hear(1)
        bench.tracker.streamOpened(try id(1))
        try bench.pass(0.5)
        bench.tracker.streamClosed(try id(1), broke: true, at: bench.time)
        try bench.pass(1.6)
        #expect(bench.seen.map(\.at) == [2] && bench.seen.map(\.to) == [.suspect])
        #expect(try bench.tracker.reason(of: id(1), at: bench.time) == .connectionBroke(.milliseconds(1_600)))
        try bench.pass(10)
        #expect(bench.seen.map(\.at) == [2, 6], "the deadline is where it was")
    }

    @Test(arguments: ["heartbeat", "stream", "orderly"])
    func aSignOfLifeOrAnotherStreamAverts(_ what: String) throws {
        var bench = try LivenessBench()
        try bench.hear(1)
        bench.tracker.streamOpened(try id(1))
        try bench.pass(0.5)
        bench.tracker.streamClosed(try id(1), broke: what != "orderly", at: bench.time)
        try bench.pass(0.3)
        if what == "heartbeat" { try bench.hear(1) }
        if what == "stream" { bench.tracker.streamOpened(try id(1)) }
        try bench.pass(10)
        #expect(bench.seen.map(\.at) == (what == "heartbeat" ? [3.8, 6.8] : [3, 6]))
    }

    @Test func manyBrokenStreamsCostNoMemory() throws {
        var bench = try LivenessBench()
        try bench.hear(1)
        for step in 0..<10_000 {
            let now = seconds(Double(step) / 100_000)
            bench.tracker.streamOpened(try id(1))
            bench.tracker.streamClosed(try id(1), broke: true, at: now)
        }
        #expect(bench.tracker.deadlines.count < 128)
    }
}

@Suite struct DampingTests {
    /// Comes back and is lost again; ends unresponsive.
    private func lose(_ bench: inout LivenessBench, times: Int) throws {
        for _ in 0..<times {
            try bench.hear(1)
            try bench.pass(7)
        }
    }

    @Test func twoReturnsAreBelievedAtOnce() throws {
        var bench = try LivenessBench()
        try lose(&bench, times: 2)
        #expect(try bench.hear(1)?.to == .alive)
    }

    @Test func theThirdReturnIsBelievedAfterASteadyWhile() throws {
        var bench = try LivenessBench()
        try lose(&bench, times: 3)
        let back = bench.now
        try bench.hear(1)
        #expect(try bench.state(1) == .unresponsive)
        #expect(
            try bench.tracker.reason(of: id(1), at: bench.time)
                == .damped(.standard, steady: .zero, needed: .seconds(3)))
        try bench.pass(2, beating: [1])
        #expect(try bench.state(1) == .unresponsive)
        try bench.pass(4, beating: [1])
        #expect(try bench.state(1) == .alive && bench.now - back < 7)
        try bench.pass(20, beating: [1])
        #expect(bench.seen.count == 6, "alive for good")
    }

    @Test func aGapBeginsTheWhileAnew() throws {
        var bench = try LivenessBench()
        try lose(&bench, times: 3)
        try bench.hear(1)
        try bench.pass(2)
        try bench.hear(1)
        try bench.pass(3)
        #expect(try bench.hear(1) == nil, "a silence of three seconds is not steady")
        try bench.pass(1)
        #expect(try bench.hear(1) == nil)
        try bench.pass(2)
        let back = try bench.hear(1)
        #expect(back?.from == .unresponsive && back?.to == .alive)
        #expect(back?.silence == .seconds(15), "counted from the last sign of life before it was given up")
    }

    @Test func tenMinutesLaterItIsForgotten() throws {
        var bench = try LivenessBench()
        try lose(&bench, times: 3)
        try bench.pass(590)
        #expect(try bench.hear(1)?.to == .alive)
    }
}

@Suite struct ToldLimitsTests {
    /// One machine at first, then so many that the interval is ten seconds.
    private func crowd(_ bench: inout LivenessBench, _ numbers: ClosedRange<Int>) throws {
        for number in numbers { try bench.hear(number) }
    }

    @Test func longerLimitsCountOnceTheyAreTold() throws {
        var bench = try LivenessBench(ceiling: 2)
        try bench.hear(1)
        try crowd(&bench, 2...20)
        #expect(bench.tracker.limits.heartbeatInterval == .seconds(10))
        try bench.pass(3.2)
        #expect(try bench.seen.first?.id == id(1), "it was told three seconds, and reports every second")
        try bench.hear(1)
        try bench.pass(29, beating: Array(2...20))
        #expect(try bench.state(1) == .alive)
        try bench.pass(2, beating: Array(2...20))
        #expect(try bench.state(1) == .suspect)
    }

    @Test func shorterLimitsCountOnceTheMachineKeepsThem() throws {
        var bench = try LivenessBench(ceiling: 2)
        try crowd(&bench, 1...20)
        try bench.hear(1)
        for number in 2...20 { bench.tracker.remove(try id(number)) }
        #expect(bench.tracker.limits.heartbeatInterval == .seconds(1))
        // Its next answers are lost again and again: it goes on reporting every ten seconds.
        for _ in 0..<5 {
            try bench.pass(10)
            try bench.hear(1)
        }
        #expect(bench.seen.isEmpty)
        try bench.pass(1)
        try bench.hear(1)
        try bench.pass(3.1)
        #expect(bench.seen.map(\.to) == [.suspect], "heard in the new rhythm: the short limits count")
    }
}
