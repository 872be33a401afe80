import Basics
import NetworkModel
import Testing

@testable import LabCore

/// Samples are made by a link of the test's own; what is judged is arithmetic.
@Suite struct ProofJudgeTests {
    private let link = DirectedLink(from: "ash", to: "birch")

    private func time(_ duration: Duration) -> MonotonicTime { .zero + duration }

    private func sample(_ count: Int, _ fate: (Int) -> (delay: Duration, copies: Int, isIntact: Bool)) -> LinkSample {
        var sample = LinkSample(link: link, frameBytes: 98)
        for number in 0..<count {
            let sent = time(.milliseconds(number))
            let fate = fate(number)
            let arrival = Prober.Arrival(machine: "birch", time: sent + fate.delay, isIntact: fate.isIntact)
            sample.probes.append(.init(sentAt: sent, arrivals: Array(repeating: arrival, count: fate.copies)))
        }
        return sample
    }

    private func wanted(_ fill: (inout LinkProperties) -> Void) -> LinkProperties {
        var properties = LinkProperties()
        fill(&properties)
        return properties
    }

    @Test func aCutIsThereOnlyIfNothingArrives() {
        let nothing = sample(3) { _ in (.zero, 0, true) }
        let leak = sample(3) { number in (.zero, number == 2 ? 1 : 0, true) }
        #expect(ProofJudge.cut([nothing]).answer == .yes)
        #expect(ProofJudge.cut([nothing, leak]).answer == .no)
        #expect(ProofJudge.open([leak]).answer == .yes)
        #expect(ProofJudge.open([leak, nothing]).answer == .no)
    }

    @Test func aPlainWireFailsEveryImpairmentThatCanBeSeen() {
        let plain = sample(200) { _ in (.microseconds(50), 1, true) }
        #expect(ProofJudge.impaired(plain, LinkProperties()).isEmpty)
        for properties in [
            wanted { $0.delay = .milliseconds(20) }, wanted { $0.loss = 0.1 }, wanted { $0.duplicate = 0.1 },
            wanted { $0.corrupt = 0.2 }, wanted { $0.loss = 1 },
            wanted {
                $0.delay = .milliseconds(5)
                $0.reorder = 0.25
            },
        ] {
            #expect(!ProofJudge.impaired(plain, properties).isEmpty, "\(properties)")
        }
        #expect(!ProofJudge.slowed(plain, 10_000).isEmpty)
    }

    @Test func eachImpairmentIsKnownAgain() {
        let delayed = sample(21) { _ in (.milliseconds(21), 1, true) }
        #expect(ProofJudge.impaired(delayed, wanted { $0.delay = .milliseconds(20) }).isEmpty)
        let lossy = sample(200) { number in (.zero, number % 5 == 0 ? 0 : 1, true) }
        #expect(ProofJudge.impaired(lossy, wanted { $0.loss = 0.2 }).isEmpty)
        #expect(!ProofJudge.impaired(lossy, wanted { $0.loss = 0.6 }).isEmpty)
        #expect(!ProofJudge.impaired(lossy, LinkProperties()).isEmpty, "a fault that is left over")
        let doubled = sample(200) { number in (.zero, number % 4 == 0 ? 2 : 1, true) }
        #expect(ProofJudge.impaired(doubled, wanted { $0.duplicate = 0.25 }).isEmpty)
        let damaged = sample(200) { number in (.zero, 1, number % 8 != 0) }
        #expect(ProofJudge.impaired(damaged, wanted { $0.corrupt = 0.2 }).isEmpty)
        let late = sample(21) { _ in (.milliseconds(400), 1, true) }
        #expect(!ProofJudge.impaired(late, wanted { $0.delay = .milliseconds(20) }).isEmpty)
    }

    /// Chance alone must not make a fault look absent: a thousand fair coins.
    @Test func chanceIsAllowedFor() {
        var generator = SystemRandomNumberGenerator()
        var complaints = 0
        for _ in 0..<1_000 {
            let lossy = sample(200) { _ in (.zero, Double.random(in: 0..<1, using: &generator) < 0.2 ? 0 : 1, true) }
            if !ProofJudge.impaired(lossy, wanted { $0.loss = 0.2 }).isEmpty { complaints += 1 }
        }
        #expect(complaints <= 1)
    }
}
