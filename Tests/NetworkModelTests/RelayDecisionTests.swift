import Basics
import NetworkModel
import Testing

@Suite struct RelayDecisionTests {
    private func decisions(_ properties: LinkProperties, seed: UInt64 = 1, count: Int = 20_000) -> [RelayDecision] {
        var random = SeededRandom(seed: seed, name: "n0 up n1")
        return (0..<count).map { _ in RelayDecision(rules: RelayRules(properties), length: 114, random: &random) }
    }

    @Test func theSameSeedGivesTheSameFate() {
        var properties = LinkProperties()
        (properties.loss, properties.delay, properties.jitter) = (0.3, .milliseconds(10), .milliseconds(4))
        #expect(decisions(properties) == decisions(properties))
        #expect(decisions(properties) != decisions(properties, seed: 2))
        var other = properties
        other.corrupt = 0.5
        // Another property does not change which frames are lost.
        #expect(decisions(properties).map(\.isLost) == decisions(other).map(\.isLost))
    }

    @Test func sharesAreKept() {
        var properties = LinkProperties()
        (properties.loss, properties.duplicate, properties.reorder, properties.corrupt) = (0.1, 0.2, 0.3, 0.4)
        let all = decisions(properties)
        for (share, found) in [
            (0.1, all.count(where: \.isLost)), (0.2, all.count(where: \.isDuplicated)), (0.3, all.count(where: \.overtakes)),
            (0.4, all.count { $0.flippedBit != nil }),
        ] {
            let deviation = (share * (1 - share) * 20_000).squareRoot()
            #expect(abs(Double(found) - share * 20_000) < 5 * deviation, "\(share): \(found)")
        }
        #expect(all.allSatisfy { ($0.flippedBit ?? 0) < 800 })
    }

    @Test func noneIsNeverAndAllIsAlways() {
        var properties = LinkProperties()
        #expect(
            decisions(properties).allSatisfy {
                !$0.isLost && !$0.isDuplicated && !$0.overtakes && $0.flippedBit == nil && $0.delay == 0
            })
        (properties.loss, properties.duplicate) = (1, 1)
        #expect(decisions(properties).allSatisfy { $0.isLost && $0.isDuplicated })
    }

    @Test func jitterIsUniformAroundTheDelay() {
        var properties = LinkProperties()
        (properties.delay, properties.jitter) = (.microseconds(100), .microseconds(100))
        let delays = decisions(properties).map(\.delay)
        #expect(delays.allSatisfy { $0 <= 200_000 } && delays.contains { $0 < 2_000 } && delays.contains { $0 > 198_000 })
        let mean = Double(delays.reduce(0, +)) / Double(delays.count)
        #expect(abs(mean - 100_000) < 5 * 57_735 / 20_000.0.squareRoot())
        // More jitter than delay would be a frame that comes before it was sent.
        properties.jitter = .seconds(1)
        #expect(decisions(properties).allSatisfy { $0.delay <= 200_000 })
    }
}
