import Basics
import Testing

@testable import MilestoneModel

/// Numbers in documents, and what programs tell.
@Suite struct NumberMarkTests {
    @Test(arguments: [
        ("silent for 3 s", 3_000.0), ("`--suspect-after` (3 s)", 3_000), ("**250 ms**", 250), ("1.5 seconds", 1_500),
        ("ten minutes", 600_000),
        ("an hour: 1 hour", 3_600_000), ("64 KiB", 65_536), ("at most 16,384", 16_384), ("up to three", 3),
        ("30 days", 2_592_000_000),
        ("port 7400", 7_400), ("| 24h", 86_400_000), ("100 microseconds", 0.1), ("1 GiB", 1_073_741_824),
    ])
    func numbersAreReadAsPeopleWriteThem(text: String, amount: Double) throws {
        let number = try #require(StatedNumber(endOf: text))
        #expect(abs(number.amount * (number.unit?.factor ?? 1) - amount) < 1e-6)
    }

    @Test(arguments: ["", "some words", "3 apples", "3.", "x3y z"])
    func whatIsNoNumberIsNone(text: String) { #expect(StatedNumber(endOf: text) == nil) }

    private func complaint(_ line: String, _ value: ProgramDefault) -> String? {
        let marks = NumberMark.all(in: MarkdownText(path: "docs/a.md", text: "first\n\(line)\n"))
        return marks.first?.complaint(against: value)?.description
    }

    @Test func aChangedDefaultIsNoticed() {
        let line = "suspect after `3 s`<!-- default: coordinator.suspect-after --> of silence"
        #expect(complaint(line, ProgramDefault("suspect-after", .seconds(3), "")) == nil)
        #expect(
            complaint(line, ProgramDefault("suspect-after", .seconds(4), ""))
                == "docs/a.md:2: it says 3 s where the program has 4s (coordinator.suspect-after)")
    }

    @Test func kindsMustFit() throws {
        let line = "after 3<!-- default: coordinator.suspect-after --> of them"
        let text = try #require(complaint(line, ProgramDefault("suspect-after", .seconds(3), "")))
        #expect(text.contains("is no duration"))
        #expect(complaint("64 KiB<!-- default: a.body -->", ProgramDefault("body", bytes: 65_536, "")) == nil)
        #expect(complaint("512 bytes<!-- default: a.body -->", ProgramDefault("body", bytes: 512, "")) == nil)
        #expect(complaint("ports 7 and 9<!-- default: a.port -->", ProgramDefault("port", count: 7, "")) != nil)
        #expect(complaint("nothing<!-- default: a.port -->", ProgramDefault("port", count: 7, "")) != nil)
    }

    @Test func textsAreComparedAsTheyStand() {
        let pool = ProgramDefault("pool", text: "100.64.0.0/10", "")
        #expect(complaint("from `100.64.0.0/10`<!-- default: coordinator.pool -->", pool) == nil)
        #expect(complaint("from `10.0.0.0/8`<!-- default: coordinator.pool -->", pool) != nil)
    }

    @Test func codeIsNotLookedAt() {
        let text = "```\n3 s<!-- default: coordinator.suspect-after -->\n```\n"
        #expect(NumberMark.all(in: MarkdownText(path: "docs/a.md", text: text)).isEmpty)
    }

    @Test func severalMarksOfOneLineAreTold() {
        let text = "3 s<!-- default: a.b --> and 6 s<!-- default: a.c -->"
        let marks = NumberMark.all(in: MarkdownText(path: "docs/a.md", text: text))
        #expect(marks.map(\.name) == ["a.b", "a.c"])
        #expect(marks.last?.complaint(against: ProgramDefault("c", .seconds(6), "")) == nil)
    }
}
