import Basics
import Testing

@testable import CoordinatorLogic

@Suite struct RateLimiterTests {
    private func at(_ milliseconds: Int64) -> MonotonicTime { MonotonicTime(nanoseconds: milliseconds * 1_000_000) }

    private func taken(_ tries: Int, _ time: MonotonicTime, from limiter: inout RateLimiter<String>) -> Int {
        var taken = 0
        for _ in 0..<tries where limiter.take("a", at: time) { taken += 1 }
        return taken
    }

    @Test func aBurstAndThenTheRate() {
        var limiter = RateLimiter<String>(rate: 20, burst: 40, capacity: 8)
        let first = taken(100, at(1_000), from: &limiter)
        #expect(first == 40)
        #expect(!limiter.allows("a", at: at(1_049)) && limiter.allows("a", at: at(1_050)))
        let next = taken(100, at(2_000), from: &limiter)
        let rested = taken(100, at(60_000), from: &limiter)
        #expect(next == 20 && rested == 40)
        let other = limiter.take("b", at: at(60_000))
        #expect(other, "another key has its own bucket")
    }

    @Test func theTableNeverGrowsBeyondItsBound() {
        var limiter = RateLimiter<Int>(rate: 1, burst: 2, capacity: 100)
        var taken = 0
        for key in 0..<10_000 where limiter.take(key, at: at(0)) { taken += 1 }
        #expect(taken == 102, "those without room share one bucket")
        #expect(limiter.count == 100)
        let later = limiter.take(20_000, at: at(5_000))
        #expect(later, "what has filled up is forgotten")
        #expect(limiter.count == 1)
    }

    /// Against a bucket as the books have it: tokens that drip in.
    @Test func agreesWithABucketOfTokens() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let rate = Int.random(in: 1...50, using: &random)
            let burst = Int.random(in: 1...100, using: &random)
            var limiter = RateLimiter<Int>(rate: rate, burst: burst, capacity: 4)
            var tokens = Double(burst)
            var time: Int64 = 0
            for _ in 0..<500 {
                let step = Int64.random(in: 0...60, using: &random)
                time += step
                tokens = min(Double(burst), tokens + Double(step * Int64(rate)) / 1_000)
                let taken = limiter.take(1, at: at(time))
                // At the edge rounding may decide either way.
                if abs(tokens - 1) > 0.001 { #expect(taken == (tokens >= 1)) }
                if taken { tokens -= 1 }
            }
        }
    }
}
