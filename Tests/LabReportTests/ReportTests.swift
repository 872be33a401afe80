import Foundation
import LabReport
import Testing

@Suite struct ReportTests {
    @Test func readsWhatItWrites() throws {
        #expect(try Report(json: Fixture.report.json()) == Fixture.report)
    }

    @Test func readsFormat1() throws {
        let text = """
            {"format":1,"scenario":"old","title":"t","outcome":"pass","seed":1,"startedAt":"2026-01-31T12:00:00Z","seconds":1,
             "environment":{"substrate":"namespaces","kernel":"6","backend":"wireguard-go","rootless":false,"version":"0.1.0"},
             "checks":[{"id":"a","title":"","outcome":"pass","seconds":0.5,"detail":"d"}],"events":[{"at":0.5,"what":"w"}]}
            """
        let report = try Report(json: Array(text.utf8))
        #expect(report.format == 1)
        #expect(report.repetition == 1 && report.machines.isEmpty && report.parameters.isEmpty)
        #expect(report.checks[0].kind == "" && report.checks[0].milestones == [])
        #expect(report.events == [Report.Event(at: 0.5, what: "w")])
    }

    @Test(arguments: [
        ("{\"scenario\":\"x\"}", "\"outcome\" is missing at the top"), ("[]", "the top is no"), ("{", "the top: "),
    ])
    func saysWhatIsWrong(text: String, reason: String) {
        let error = #expect(throws: (any Error).self) { _ = try Report(json: Array(text.utf8)) }
        #expect("\(error.map { "\($0)" } ?? "")".contains(reason))
    }
}

@Suite struct WallTimeTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", Int64(0)), ("1970-01-01T00:00:00.000001Z", 1), ("2000-02-29T23:59:59.5Z", 951_868_799_500_000),
        ("2026-01-31T12:00:00+01:00", 1_769_857_200_000_000), ("1969-12-31T23:59:59Z", -1_000_000),
        ("2026-01-31 12:00:00.123456789Z", 1_769_860_800_123_456),
    ])
    func reads(text: String, microseconds: Int64) {
        #expect(WallTime(text)?.microseconds == microseconds)
    }

    @Test(arguments: [
        "", "2026-01-31", "2026-13-01T00:00:00Z", "2026-01-31T12:00:00", "2026-01-31T25:00:00Z", "x2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00Zx", "2026-01-31T12:00:00+1:00",
    ])
    func refuses(text: String) { #expect(WallTime(text) == nil) }

    @Test func writesWhatItReads() {
        for day in stride(from: Int64(-719_000), to: 800_000, by: 777) {
            let time = WallTime(microseconds: day * 86_400_000_000 + 123_456)
            #expect(WallTime(time.text) == time)
        }
    }

    /// Against Foundation's calendar.
    @Test func agreesWithFoundation() {
        for seconds in stride(from: 0.0, to: 4e9, by: 1.23456789e7) {
            let whole = seconds.rounded()
            let text = Date(timeIntervalSince1970: whole).formatted(.iso8601)
            #expect(WallTime(text)?.microseconds == Int64(whole) * 1_000_000)
        }
    }
}
