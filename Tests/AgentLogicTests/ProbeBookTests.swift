import Basics
import MeshModel
import Testing

@testable import AgentLogic

@Suite struct ProbeBookTests {
    private let address = host(2).address

    private func question(
        _ number: Int = 2, _ purpose: ProbeBook.Purpose = .coordinator(7), within: Duration = .seconds(1)
    ) throws -> ProbeBook.Question {
        ProbeBook.Question(machine: try peer(number).id, purpose: purpose, within: within)
    }

    fileprivate func answer(_ sending: ProbeBook.Sending) throws -> ProbePacket {
        try #require(ProbePacket(.answer, nonce: sending.packet.nonce))
    }

    @Test func aPacketReadsBackAndNothingElseDoes() throws {
        for kind in ProbePacket.Kind.allCases {
            let packet = try #require(ProbePacket(kind, nonce: Array(1...16)))
            #expect(packet.bytes.count == ProbePacket.length)
            #expect(ProbePacket(bytes: packet.bytes) == packet)
            #expect(ProbePacket(bytes: packet.bytes + [0]) == nil)
            #expect(ProbePacket(bytes: packet.bytes.dropLast()) == nil)
            #expect(ProbePacket(bytes: Array(packet.bytes.dropLast()) + [0]) == nil)
        }
        #expect(ProbePacket(.question, nonce: Array(1...15)) == nil)
        #expect(ProbePacket(bytes: []) == nil)
    }

    @Test func questionsAreRepeatedAtGrowingGapsUntilTheDeadline() throws {
        var book = ProbeBook()
        var generator = SeededGenerator(seed: 1)
        book.ask(try question(), at: address, now: .zero, using: &generator)
        var times: [Int64] = []
        var now = MonotonicTime.zero
        while let wake = book.nextWake {
            now = max(now, wake)
            let sendings = book.due(now: now, isConfigured: { _ in true })
            if !sendings.isEmpty { times.append(now.nanoseconds / 1_000_000) }
        }
        #expect(times == [0, 100, 300, 700])
        #expect(now == .milliseconds(1_000))
        let result1 = book.takeOutcomes().map(\.isReachable) == [false]
        #expect(result1)
        let result2 = book.takeOutcomes().isEmpty && book.count == 0
        #expect(result2)
    }

    @Test func onlyAnAnswerFromTheOneThatWasAskedCounts() throws {
        var book = ProbeBook()
        var generator = SeededGenerator(seed: 2)
        book.ask(try question(), at: address, now: .zero, using: &generator)
        let sent = try #require(book.due(now: .zero, isConfigured: { _ in true }).first)
        #expect(sent.address == address && sent.packet.kind == .question)
        let made = try #require(ProbePacket(.answer, nonce: [UInt8](repeating: 0, count: 16)))
        let result3 = !book.noteAnswer(made, from: address, now: .zero)
        #expect(result3)
        let result4 = !book.noteAnswer(try answer(sent), from: host(3).address, now: .zero)
        #expect(result4)
        let result5 = !book.noteAnswer(sent.packet, from: address, now: .zero)
        #expect(result5, "its own question, sent back")
        let result6 = !book.noteAnswer(try answer(sent), from: address, now: .milliseconds(1_001))
        #expect(result6, "too late")
        let result7 = book.noteAnswer(try answer(sent), from: address, now: .milliseconds(5))
        #expect(result7)
        let result8 = !book.noteAnswer(try answer(sent), from: address, now: .milliseconds(6))
        #expect(result8, "once is enough")
        let result9 = book.takeOutcomes() == [.init(machine: try peer(2).id, purpose: .coordinator(7), isReachable: true)]
        #expect(result9)
        #expect(book.nextWake == nil)
    }

    @Test func whoIsNoPeerIsUnreachableAtOnce() throws {
        var book = ProbeBook()
        var generator = SeededGenerator(seed: 3)
        book.ask(try question(), at: nil, now: .zero, using: &generator)
        book.ask(try question(3), at: host(3).address, now: .zero, using: &generator)
        let result10 = book.due(now: .zero, isConfigured: { _ in false }).isEmpty
        #expect(result10, "it is a peer no longer: nothing may be sent")
        let result11 = book.takeOutcomes().map(\.isReachable) == [false, false]
        #expect(result11)
    }

    @Test func duplicatesAreMergedAndTheNumberIsBounded() throws {
        var book = ProbeBook()
        var generator = SeededGenerator(seed: 4)
        for number in 2...200 {
            for _ in 0..<2 {
                let isIn = book.ask(try question(number), at: host(number).address, now: .zero, using: &generator)
                #expect(isIn == (number < 2 + ProbeBook.coordinatorLimit))
            }
        }
        #expect(book.count == ProbeBook.coordinatorLimit)
        let result12 = book.ask(try question(2, .evidence), at: address, now: .zero, using: &generator)
        #expect(result12, "room of its own")
        let result13 = book.due(now: .zero, isConfigured: { _ in true }).count == ProbeBook.coordinatorLimit + 1
        #expect(result13)
        let result14 = book.takeOutcomes().isEmpty
        #expect(result14)
    }

    @Test func aBudgetAllowsABurstAndThenItsRate() {
        var budget = RateBudget(perSecond: 10, burst: 5)
        let now = MonotonicTime.milliseconds(1_000)
        let result15 = (0..<20).filter { _ in budget.take(now: now) }.count == 5
        #expect(result15)
        let result16 = (0..<20).filter { _ in budget.take(now: now + .milliseconds(250)) }.count == 2
        #expect(result16)
        let result17 = !budget.take(now: .zero)
        #expect(result17, "time that goes backwards gives nothing")
    }
}

extension ProbeBookTests {
    @Test func aMeasurementIsSentOnceAndTimed() throws {
        var book = ProbeBook()
        var generator = SeededGenerator(seed: 4)
        let asked = ProbeBook.Question(machine: try peer(2).id, purpose: .measurement(1), within: .seconds(1))
        book.ask(asked, at: host(2).address, now: .milliseconds(5), using: &generator)
        let sent = book.due(now: .milliseconds(10), isConfigured: { _ in true })
        #expect(sent.count == 1)
        let again = book.due(now: .milliseconds(500), isConfigured: { _ in true })
        #expect(again.isEmpty)
        let packet = try answer(try #require(sent.first))
        book.noteAnswer(packet, from: host(2).address, now: .milliseconds(522))
        let outcomes = book.takeOutcomes()
        #expect(outcomes.map(\.roundTrip) == [.milliseconds(512)])
        #expect(outcomes.map(\.isReachable) == [true])
    }

    @Test func measurementsHaveRoomOfTheirOwn() throws {
        var book = ProbeBook()
        var generator = SeededGenerator(seed: 5)
        for number in 0..<UInt64(ProbeBook.measurementLimit) {
            let asked = ProbeBook.Question(machine: try peer(2).id, purpose: .measurement(number), within: .seconds(1))
            book.ask(asked, at: host(2).address, now: .zero, using: &generator)
        }
        let over = ProbeBook.Question(machine: try peer(3).id, purpose: .measurement(1), within: .seconds(1))
        let hasRoom = book.ask(over, at: host(3).address, now: .zero, using: &generator)
        #expect(!hasRoom)
        #expect(book.takeOutcomes().map(\.roundTrip) == [nil])
        let evidence = ProbeBook.Question(machine: try peer(3).id, purpose: .evidence, within: .seconds(1))
        let hasRoomForOthers = book.ask(evidence, at: host(3).address, now: .zero, using: &generator)
        #expect(hasRoomForOthers)
    }
}
