import Basics
import MeshModel
import Testing

@testable import CoordinatorLogic

@Suite struct WitnessTests {
    /// Machine 1 is silent from the start; 2... report and have streams.
    private func bench(witnesses: Int) throws -> (LivenessBench, [Int]) {
        var bench = try LivenessBench()
        let others = Array(2..<(2 + witnesses))
        for number in [1] + others {
            try bench.hear(number)
            bench.tracker.streamOpened(try id(number))
        }
        return (bench, others)
    }

    @Test func upToThreeOthersAreAskedEveryIntervalWhileItIsSuspect() throws {
        var (bench, others) = try bench(witnesses: 8)
        try bench.pass(10, beating: others)
        #expect(bench.seen.map(\.at) == [3, 6] && bench.seen.map(\.to) == [.suspect, .unresponsive])
        #expect(bench.asked.map(\.at) == [3, 3, 3, 4, 4, 4, 5, 5, 5], "not before, and not once it is given up")
        #expect(try bench.asked.allSatisfy { try $0.question.suspect == id(1) && $0.question.witness != id(1) })
        #expect(Set(bench.asked.map(\.question.request)).count == 9, "each question has a number of its own")
        for round in [0, 3] {
            let first = Set(bench.asked[round..<(round + 3)].map(\.question.witness))
            #expect(first.count == 3 && first.isDisjoint(with: bench.asked[(round + 3)..<(round + 6)].map(\.question.witness)))
        }
        #expect(bench.asked.allSatisfy { $0.question.within == .seconds(1) })
    }

    @Test func oneReachableAnswerMovesTheDeadline() throws {
        var (bench, others) = try bench(witnesses: 3)
        try bench.pass(3.5, beating: others)
        let question = try #require(bench.asked.first?.question)
        #expect(bench.answer(question) == .reached(isFirst: true))
        #expect(try bench.state(1) == .suspect)
        #expect(try bench.tracker.reason(of: id(1), at: bench.time) == .reached(by: question.witness, .milliseconds(500)))
        #expect(try bench.tracker.reached(id(1), at: bench.time) == .milliseconds(500))
        try bench.pass(10, beating: others)
        #expect(bench.seen.map(\.at) == [3, 9], "six seconds after the question")
        #expect(try bench.tracker.reached(id(1), at: bench.time) == nil)
    }

    @Test func asLongAsItIsReachedItStays() throws {
        var (bench, others) = try bench(witnesses: 3)
        for _ in 0..<600 {
            try bench.pass(1, beating: others)
            for entry in bench.asked.suffix(3) where entry.at == bench.now { bench.answer(entry.question) }
        }
        #expect(bench.seen.map(\.to) == [.suspect])
        try bench.pass(7, beating: others)
        #expect(bench.seen.map(\.at) == [3, 606])
        #expect(try bench.hear(1)?.from == .unresponsive)
    }

    @Test func noAnswerBringsTheEndNearer() throws {
        var (bench, others) = try bench(witnesses: 3)
        try bench.pass(3.5, beating: others)
        for entry in bench.asked { #expect(bench.answer(entry.question, false) == .noted) }
        try bench.pass(5, beating: others)
        #expect(bench.seen.map(\.at) == [3, 6])
    }

    @Test func onlyWhoWasAskedIsHeard() throws {
        var (bench, others) = try bench(witnesses: 3)
        try bench.pass(3.5, beating: others)
        let question = try #require(bench.asked.first?.question)
        #expect(bench.answer(question, by: try id(99)) == .ignored)
        let other = WitnessQuestion(
            witness: question.witness, suspect: try id(4), request: question.request, within: question.within)
        #expect(bench.answer(other) == .ignored, "another machine than the one that was asked about")
        #expect(bench.answer(question) == .reached(isFirst: true), "those did not use the question up")
        #expect(bench.answer(question) == .ignored, "a question is answered once")
        #expect(bench.tracker.counts.answersIgnored == 3 && bench.tracker.counts.answersReachable == 1)
    }

    @Test func anOldAnswerChangesNothing() throws {
        var (bench, others) = try bench(witnesses: 3)
        try bench.pass(3.5, beating: others)
        let question = try #require(bench.asked.first?.question)
        try bench.hear(1)
        #expect(bench.answer(question) == .noted, "it is not suspect any longer")
        try bench.pass(4, beating: others)
        #expect(try bench.state(1) == .suspect)
        let again = try #require(bench.asked.dropFirst(3).first?.question)
        try bench.pass(7, beating: others)
        #expect(try bench.state(1) == .unresponsive)
        #expect(bench.answer(again) == .ignored, "too old, and nobody comes back by hearsay")
        #expect(try bench.state(1) == .unresponsive)
    }

    @Test func whoHasNoStreamOrIsNotAliveIsNotAsked() throws {
        var (bench, _) = try bench(witnesses: 3)
        bench.tracker.streamClosed(try id(2), broke: false, at: bench.time)
        try bench.pass(2, beating: [2, 3])
        // 4 falls silent with 1, and both are suspect.
        try bench.pass(3, beating: [2, 3])
        #expect(try Set(bench.asked.map(\.question.witness)) == [id(3)])
    }

    @Test func aWitnessHasABound() throws {
        var bench = try LivenessBench()
        for number in 1...100 {
            try bench.hear(number)
            bench.tracker.streamOpened(try id(number))
        }
        try bench.pass(10, beating: [1, 2])
        for second in 3..<6 {
            for witness in 1...2 {
                let count = try bench.asked.filter { try $0.at == Double(second) && $0.question.witness == id(witness) }.count
                #expect(count == WitnessQuestions.perInterval)
            }
        }
    }

    @Test func theMemoryOfQuestionsIsBounded() throws {
        var questions = WitnessQuestions()
        var random = SeededGenerator(seed: 1)
        var requests: [UInt64] = []
        for number in 0..<100_000 {
            let now = seconds(Double(number) / 1_000_000)
            requests.append(
                questions.add(
                    .init(
                        witness: try id(number), suspect: try id(0), asked: now, askedAt: now, expires: now + .seconds(6)),
                    using: &random))
        }
        #expect(questions.count == WitnessQuestions.capacity)
        #expect(questions.answer(requests[0], about: try id(0), by: try id(0), at: seconds(1)) == nil, "the oldest made room")
        #expect(questions.answer(requests[99_999], about: try id(0), by: try id(99_999), at: seconds(1)) != nil)
    }
}
