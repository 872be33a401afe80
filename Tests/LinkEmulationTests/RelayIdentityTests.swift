import Basics
import NetworkModel
import Testing

@testable import LinkEmulation

/// The relay decides in C what the model decides in Swift.
@Suite struct RelayIdentityTests {
    @Test func bothDecideAlike() {
        var random = SeededRandom(seed: 99)
        for _ in 0..<200 {
            var properties = LinkProperties()
            properties.delay = .nanoseconds(Int64.random(in: 0...60_000_000_000, using: &random))
            properties.jitter = .nanoseconds(Int64.random(in: 0...60_000_000_000, using: &random))
            for share in [\LinkProperties.loss, \.duplicate, \.reorder, \.corrupt] {
                properties[keyPath: share] = [0, 1, Double.random(in: 0...1, using: &random)].randomElement(using: &random) ?? 0
            }
            let rules = RelayRules(properties)
            var c = SeededRandom(seed: random.next())
            var swift = c
            for _ in 0..<50 {
                let length = Int.random(in: 14...1_514, using: &random)
                let theirs = RelayDecision(ofThread: rules, length: length, random: &c)
                #expect(theirs == RelayDecision(rules: rules, length: length, random: &swift))
                #expect(swift == c)
            }
        }
    }
}
