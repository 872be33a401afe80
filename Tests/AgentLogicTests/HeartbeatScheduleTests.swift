import Basics
import Testing

@testable import AgentLogic

@Suite struct HeartbeatScheduleTests {
    @Test func theFirstIsDueAtOnceAndThenOneAnInterval() {
        var schedule = HeartbeatSchedule(interval: .seconds(1))
        #expect(schedule.due <= .milliseconds(1))
        schedule.noteSent(now: .milliseconds(10))
        #expect(schedule.due == .milliseconds(1_010))
    }

    /// After a minute in which nothing could be sent, one heartbeat goes out, not sixty.
    @Test func missedOnesAreNotMadeUpFor() {
        var schedule = HeartbeatSchedule(interval: .seconds(1))
        schedule.noteSent(now: .zero)
        schedule.noteSent(now: .milliseconds(60_000))
        #expect(schedule.due == .milliseconds(61_000))
    }

    @Test func newsGoesOutAtOnceButNotInABurst() {
        var schedule = HeartbeatSchedule(interval: .seconds(30))
        schedule.noteSent(now: .zero)
        schedule.noteNews()
        schedule.noteNews()
        #expect(schedule.due == .milliseconds(100))
        schedule.noteSent(now: .milliseconds(100))
        #expect(schedule.due == .milliseconds(30_100))
    }

    @Test func theCoordinatorsIntervalIsBounded() {
        var schedule = HeartbeatSchedule(interval: .zero)
        #expect(schedule.interval == .milliseconds(100))
        schedule.setInterval(.seconds(86_400))
        #expect(schedule.interval == .seconds(300))
        #expect(schedule.timeout == .seconds(5))
        schedule.setInterval(.milliseconds(200))
        #expect(schedule.timeout == .seconds(1))
    }
}
