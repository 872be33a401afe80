import Basics
import NetworkModel
import Testing

@testable import LabCore

@Suite struct LookRecordTests {
    private func verdict(_ answers: [Look.Answer], isPatient: Bool = false) -> Look.Answer {
        var record = LookRecord(isPatient: isPatient)
        for answer in answers where !record.isDecided { record.add(Look(answer, "")) }
        return record.verdict("at each").answer
    }

    @Test func oneBadLookDecides() {
        #expect(verdict([.yes, .yes]) == .yes)
        #expect(verdict([.yes, .no, .yes]) == .no)
        #expect(verdict([]) == .unknown)
    }

    @Test func aBlindLookIsNoPassAndHidesNoFailure() {
        #expect(verdict([.yes, .unknown, .yes]) == .unknown)
        #expect(verdict([.unknown, .no]) == .no)
        #expect(verdict([.unknown, .yes]) == .unknown)
    }

    @Test func anInvariantBeginsWithTheFirstThingToSee() {
        #expect(verdict([.unknown, .yes], isPatient: true) == .yes)
        #expect(verdict([.unknown, .unknown], isPatient: true) == .unknown)
        #expect(verdict([.unknown, .yes, .unknown, .yes], isPatient: true) == .unknown)
    }

    @Test func aMatrixOfManyIsASeededChoiceOfThem() {
        let names = (1...100).map { "m\($0)" }
        func choices() -> [[String]] {
            var random = SeededRandom(seed: 7)
            return (0..<50).map { _ in ScenarioRun.matrixMachines(names, &random) }
        }
        let chosen = choices()
        #expect(chosen == choices())
        #expect(chosen.allSatisfy { $0.count == ScenarioRun.meshLimit && Set($0).count == $0.count })
        #expect(Set(chosen.flatMap { $0 }).count == 100)
        var random = SeededRandom(seed: 7)
        #expect(ScenarioRun.matrixMachines(["a", "b"], &random) == ["a", "b"])
    }
}
