import Basics
import MeshModel
import Testing

@testable import AgentLogic

@Suite struct KeptPeersTests {
    private func id(_ number: Int = 2) throws -> MachineID { try peer(number).id }

    @Test func onlyAnAnswerToAProbeAfterTheVerdictKeepsAPeer() throws {
        var kept = KeptPeers()
        let id = try id()
        kept.note(id, answered: true, now: .zero)
        #expect(kept.held.isEmpty, "what came before the verdict is no evidence")
        let asked = kept.track(unresponsive: [id], configured: [id], now: .zero)
        #expect(asked == [.init(machine: id, purpose: .evidence, within: KeptPeers.firstPatience)])
        #expect(kept.held == [id] && kept.kept.isEmpty)
        kept.note(id, answered: true, now: .milliseconds(5))
        #expect(kept.held == [id] && kept.kept == [id])
    }

    @Test func withoutAnAnswerItIsDroppedForAsLongAsTheVerdictStands() throws {
        var kept = KeptPeers()
        let id = try id()
        _ = kept.track(unresponsive: [id], configured: [id], now: .zero)
        kept.note(id, answered: false, now: .milliseconds(300))
        #expect(kept.held.isEmpty)
        kept.note(id, answered: true, now: .milliseconds(310))
        let result1 = kept.track(unresponsive: [id], configured: [id], now: .milliseconds(5_000)).isEmpty
        #expect(result1)
        #expect(kept.held.isEmpty && kept.nextWake == nil)
        _ = kept.track(unresponsive: [], configured: [id], now: .milliseconds(6_000))
        let result2 = kept.track(unresponsive: [id], configured: [id], now: .milliseconds(7_000)).count == 1
        #expect(result2, "another verdict")
    }

    @Test func aProberThatSaysNothingKeepsNobody() throws {
        var kept = KeptPeers()
        let id = try id()
        _ = kept.track(unresponsive: [id], configured: [id], now: .zero)
        let wake = try #require(kept.nextWake)
        #expect(wake <= .milliseconds(800))
        let result3 = kept.track(unresponsive: [id], configured: [id], now: wake).isEmpty
        #expect(result3)
        #expect(kept.held.isEmpty)
    }

    @Test func whoWasNoPeerIsNotProbed() throws {
        var kept = KeptPeers()
        let result4 = try kept.track(unresponsive: [id()], configured: [], now: .zero).isEmpty
        #expect(result4)
        #expect(kept.held.isEmpty)
    }

    /// Whenever a kept machine dies, it is dropped within six seconds.
    @Test(arguments: 0..<200) func aKeptPeerThatDiesIsDroppedInTime(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let death = Int64.random(in: 0...20_000, using: &generator)
        let isProberDead = generator.chance(0.2)
        let id = try id()
        var kept = KeptPeers()
        var deadline: Int64?
        var dropped: Int64?
        for now in stride(from: Int64(0), to: 40_000, by: 10) {
            if let due = deadline, now >= due {
                deadline = nil
                kept.note(id, answered: false, now: .milliseconds(now))
            }
            for question in kept.track(unresponsive: [id], configured: [id], now: .milliseconds(now)) {
                if now < death {
                    kept.note(id, answered: true, now: .milliseconds(now))
                } else if !isProberDead {
                    deadline = now + question.within.wholeMilliseconds
                }
            }
            if kept.held.isEmpty { dropped = dropped ?? now }
        }
        let end = try #require(dropped)
        #expect(end >= death && end - death <= 6_000, "died at \(death), dropped at \(end)")
    }
}
