import Testing

@testable import AgentLogic

@Suite struct BackoffTests {
    @Test func doublesToItsCeilingWithJitterAndNeverEnds() {
        for seed in 0..<200 {
            var generator = SeededGenerator(seed: UInt64(seed))
            var backoff = Backoff(floor: .milliseconds(50), ceiling: .seconds(2))
            var limit = Duration.milliseconds(50)
            for _ in 0..<100 {
                let wait = backoff.next(using: &generator)
                #expect(wait >= limit / 2 && wait <= limit)
                limit = min(limit * 2, .seconds(2))
            }
            backoff.reset()
            #expect(backoff.next(using: &generator) <= .milliseconds(50))
        }
    }

    @Test func waitsDiffer() {
        var generator = SeededGenerator(seed: 1)
        var backoff = Backoff(floor: .seconds(1), ceiling: .seconds(1))
        #expect(Set((0..<50).map { _ in backoff.next(using: &generator) }).count > 40)
    }
}
