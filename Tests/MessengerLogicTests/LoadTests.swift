import Basics
import ControlProtocol
import MeshModel
import Testing

@testable import MessengerLogic

struct LoadTests {
    private func names(_ texts: String...) throws -> [MachineName] { try texts.map { try #require(MachineName($0)) } }

    @Test func namedMachinesAreTakenInTurn() throws {
        let list = try names("cedar", "ash")
        let targets = try #require(LoadTargets(.named(list), own: list[1], others: []))
        #expect((0..<4).map { targets.receiver(of: $0, random: 7) } == [list[0], list[1], list[0], list[1]])
    }

    @Test func aRingGoesOnToTheNextNameAndRoundTheEnd() throws {
        let list = try names("birch", "elm", "ash", "doum")
        func next(_ own: MachineName) -> MachineName? {
            LoadTargets(.ring, own: own, others: list)?.receiver(of: 5, random: 1)
        }
        let expected = try names("doum", "ash", "birch", "elm")
        #expect(list.map(next) == expected)
    }

    @Test func allAreTheOthersInTurnAndRandomIsAnyOfThem() throws {
        let list = try names("ash", "birch", "cedar", "doum")
        let all = try #require(LoadTargets(.all, own: list[1], others: list))
        #expect((0..<4).map { all.receiver(of: $0, random: 9).text } == ["ash", "cedar", "doum", "ash"])
        let any = try #require(LoadTargets(.random, own: list[1], others: list))
        #expect((0..<6).map { any.receiver(of: 0, random: UInt64($0)).text } == ["ash", "cedar", "doum", "ash", "cedar", "doum"])
    }

    @Test func withNobodyElseThereIsNoTarget() throws {
        let own = try names("ash")[0]
        for pattern in [LoadPattern.ring, .all, .random] { #expect(LoadTargets(pattern, own: own, others: [own]) == nil) }
    }

    @Test func aPaceGivesEachItsTimeUntilCountOrDurationIsReached() {
        var counted = LoadPace(rate: 10, count: 3, duration: nil)
        #expect(counted.next(after: .zero) == .init(number: 0, due: .zero))
        #expect(counted.next(after: .seconds(9)) == .init(number: 1, due: .milliseconds(100)))
        #expect(counted.next(after: .seconds(9)) == .init(number: 2, due: .milliseconds(200)))
        #expect(counted.next(after: .seconds(9)) == nil)
        var timed = LoadPace(rate: 2, count: .max, duration: .seconds(1))
        #expect(timed.count == LoadPace.mostMessages)
        #expect((0..<3).map { _ in timed.next(after: .zero)?.due } == [.zero, .milliseconds(500), nil])
        var free = LoadPace(rate: nil, count: 5, duration: .seconds(1))
        #expect(free.next(after: .milliseconds(999)) == .init(number: 0, due: nil))
        #expect(free.next(after: .seconds(1)) == nil)
    }

    @Test func quantilesAreTheValuesThemselves() throws {
        var record = LatencyRecord()
        #expect(record.summary == nil)
        for number in (1...100).reversed() { record.add(milliseconds: Double(number)) }
        let summary = try #require(record.summary)
        #expect([summary.p50, summary.p90, summary.p99, summary.max] == [50, 90, 99, 100])
        #expect(summary.histogram.reduce(0) { $0 + $1.messages } == 100)
        // 1 ms to 1.024 ms, and so on by powers of two; the last bar holds 65.536 ms and more.
        #expect(summary.histogram.map(\.messages) == [1, 1, 2, 4, 8, 16, 33, 35])
        #expect(summary.histogram.first?.below == 1.024)
    }

    @Test func aBarBetweenOthersIsThereThoughItIsEmpty() throws {
        var record = LatencyRecord()
        record.add(milliseconds: 0.01)
        record.add(milliseconds: 0.3)
        record.add(milliseconds: 1e12)
        let bars = try #require(record.summary).histogram
        #expect(bars.prefix(4).map(\.messages) == [1, 0, 0, 1])
        #expect(bars.prefix(4).map(\.below) == [0.064, 0.128, 0.256, 0.512])
        #expect(bars.last?.messages == 1)
    }

    @Test func aTallyCountsEachOutcomeOnce() {
        var tally = LoadTally()
        func result(_ outcome: SendResult.Outcome, _ reason: SendResult.Reason? = nil) -> SendResult {
            SendResult(id: "", outcome: outcome, reason: reason, detail: "", milliseconds: 1)
        }
        tally.add(result(.delivered), milliseconds: 2)
        tally.add(result(.queued), milliseconds: 2)
        for _ in 0..<2 { tally.add(result(.failed, .timedOut), milliseconds: 2) }
        tally.addNotTaken("busy")
        let report = tally.report(seconds: 2)
        #expect(report.attempts == 5)
        #expect(
            report.delivered == 1 && report.queued == 1 && report.failed == ["timed-out": 2] && report.notTaken == ["busy": 1])
        #expect(report.deliveredPerSecond == 0.5)
        #expect(report.latencyMilliseconds?.max == 2)
    }

    @Test func textsAreOfTheirSizeAndToldApart() {
        #expect(LoadText.text(run: "ab", number: 7, size: 16) == "load ab 7 ......")
        #expect(LoadText.text(run: "ab", number: 7, size: 3) == "loa")
        for size in [1, 20, 16_384] { #expect(LoadText.text(run: "abcd", number: 12, size: size).utf8.count == size) }
    }
}
