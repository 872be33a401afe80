import Testing

@testable import Observability

struct LogMemoryTests {
    private func line(_ number: Int) -> String {
        "{\"time\":\"t\",\"level\":\"info\",\"service\":\"agent\",\"event\":\"e\(number % 2)\",\"message\":\"m\"}\n"
    }

    @Test func theLatestLinesAreKept() {
        let memory = LogMemory(lineLimit: 8)
        for number in 0..<100 { memory.add(line(number)) }
        let latest = memory.latest(3)
        #expect(latest.lines == [97, 98, 99].map { String(line($0).dropLast()) })
        #expect(latest.next == 100)
        #expect(memory.latest(1_000).lines.count == 8)
        #expect(memory.counts == ["e0": 50, "e1": 50])
    }

    @Test func aSlowReaderIsToldWhatItLost() {
        let memory = LogMemory(lineLimit: 8)
        for number in 0..<5 { memory.add(line(number)) }
        let first = memory.lines(from: 0, atMost: 3)
        #expect(first.lines.count == 3 && first.next == 3 && first.lost == 0)
        for number in 5..<50 { memory.add(line(number)) }
        let second = memory.lines(from: first.next, atMost: 100)
        #expect(second.lost > 0)
        #expect(first.next + second.lost + second.lines.count == 50)
        #expect(second.next == 50)
        #expect(memory.lines(from: 50, atMost: 9) == .init(lines: [], next: 50, lost: 0))
    }

    @Test func bytesAreBounded() {
        let memory = LogMemory(lineLimit: 1_000, byteLimit: 10_000)
        for _ in 0..<1_000 { memory.add(String(repeating: "x", count: 100)) }
        let bytes = memory.latest(1_000).lines.reduce(0) { $0 + $1.utf8.count }
        #expect(bytes <= 10_000 && bytes >= 5_000)
    }

    @Test func aTextThatLooksLikeAnEventIsNone() {
        let memory = LogMemory()
        memory.add("{\"level\":\"info\",\"service\":\"agent\",\"message\":\"x\",\"event\":\"forged\"}")
        #expect(memory.counts.isEmpty)
    }

    @Test(.timeLimit(.minutes(1))) func newsWakeTheReader() async {
        let memory = LogMemory()
        let news = memory.news()
        memory.add("a")
        memory.add("b")
        for await _ in news { break }
        #expect(memory.latest(9).lines == ["a", "b"])
    }
}
