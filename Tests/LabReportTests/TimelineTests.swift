import LabReport
import Testing

@Suite struct TimelineEventTests {
    @Test func readsWhatItWrites() {
        let events = [
            TimelineEvent(at: 0.25, kind: .step, text: "line\nbreak \"quoted\" \\ \u{1}", machines: ["a"], fields: ["id": "x"]),
            TimelineEvent(
                at: 12, source: "a/agent", kind: "of-tomorrow", machines: ["a", "b"],
                matrix: MatrixSample(rows: ["-1", "0-"], p50: 0.5, p99: 2, max: 2, roundTrips: [[nil, 0.5], [nil, nil]])),
        ]
        for event in events {
            #expect(event.line.last == 0x0A && event.line.dropLast().allSatisfy { $0 >= 0x20 })
            #expect(TimelineEvent(line: event.line) == event)
        }
    }

    @Test func leavesOutWhatItDoesNotKnow() {
        let line =
            #"{"at":1e1,"kind":"note","text":"\u00e9\ud83d\ude00\ud800","new":{"a":[1,{"b":null}]},"fields":{"n":3,"l":[1,"x"],"t":true}}"#
        let event = TimelineEvent(line: line.utf8)
        #expect(event?.at == 10 && event?.text == "é😀\u{FFFD}" && event?.source == "lab")
        #expect(event?.fields == ["n": "3", "l": "[1,\"x\"]", "t": "true"])
    }

    @Test(arguments: [
        "", "{", "[]", "{}", #"{"at":1}"#, #"{"kind":"note"}"#, #"{"at":"1","kind":"note"}"#, #"{"at":1,"kind":"note"} x"#,
        #"{"at":1,"kind":"no"#, #"{"at":1,"kind":"x","text":"\q"}"#, #"{"at":.5,"kind":"x"}"#, #"{"at":1e999,"kind":"x"}"#,
    ])
    func refuses(line: String) { #expect(TimelineEvent(line: line.utf8) == nil) }

    @Test func nothingIsNestedTooDeep() {
        let line = "{\"at\":1,\"kind\":\"note\",\"x\":" + String(repeating: "[", count: 100_000)
        #expect(TimelineEvent(line: line.utf8) == nil)
    }

    @Test func aLineHasABound() throws {
        let long = String(repeating: "é😀", count: 50_000)
        let event = TimelineEvent(
            at: 1, source: long, kind: .note, text: long, machines: Array(repeating: "m", count: 5_000), fields: ["k": long])
        #expect(event.line.count < 20_000)
        let read = try #require(TimelineEvent(line: event.line))
        #expect(read.text.hasSuffix("…") && read.text.utf8.count <= TimelineEvent.textLimit && !read.text.contains("\u{FFFD}"))
    }

    @Test func percentilesOfAMesh() {
        let sample = MatrixSample(
            states: [["-", "1", "0"], ["1", "-", "1"]], roundTrips: [[nil, 1, nil], [3, nil, 2]])
        #expect(sample.rows == ["-10", "1-1"])
        #expect(sample.p50 == 2 && sample.p99 == 3 && sample.max == 3)
        #expect(MatrixSample(states: [], roundTrips: []).p50 == nil)
    }
}

@Suite struct TimelineTests {
    private let start = "2026-01-31T12:00:00.000000Z"

    private func log(_ text: String) -> LogFile { LogFile(machine: "ash", service: "agent", bytes: Array(text.utf8)) }

    @Test func logsTakeTheirPlaceAmongEvents() {
        let timeline = Timeline(
            events: [TimelineEvent(at: 3, kind: .note, text: "after"), TimelineEvent(at: 1, kind: .note, text: "before")],
            logs: [
                log(
                    """
                    {"time":"2026-01-31T12:00:02.000000Z","level":"info","service":"agent","event":"e","message":"m","ms":5}\r
                    no time of its own

                    time="2026-01-31T13:00:04+01:00" level=warning msg=logfmt
                    """)
            ], startedAt: start)
        #expect(
            timeline.events.map(\.text) == [
                "before", "m", "no time of its own", "after", "time=\"2026-01-31T13:00:04+01:00\" level=warning msg=logfmt",
            ])
        #expect(timeline.events.map(\.at) == [1, 2, 2, 3, 4])
        #expect(timeline.events[1].fields == ["level": "info", "event": "e", "ms": "5"])
        #expect(timeline.events[1].source == "ash/agent" && timeline.events[1].machines == ["ash"])
        #expect(timeline.events[2].fields == ["time": "unknown"])
        #expect(timeline.events[4].fields == ["level": "warning"])
    }

    @Test func mergingAgainChangesNothing() {
        let logs = [log("{\"time\":\"2026-01-31T12:00:02Z\",\"message\":\"m\"}\nplain\n")]
        let once = Timeline(events: [TimelineEvent(at: 1, kind: .note)], logs: logs, startedAt: start)
        let read = Timeline(jsonLines: once.jsonLines)
        #expect(read == once)
        #expect(Timeline(events: read.events, logs: logs, startedAt: start) == once)
        #expect(Timeline(events: read.events, logs: [], startedAt: start) == once)
    }

    @Test func aHalfLineIsNoted() {
        let timeline = Timeline(jsonLines: Array("{\"at\":1,\"kind\":\"note\"}\n{\"at\":2,\"ki".utf8))
        #expect(timeline.events.count == 1)
        #expect(timeline.notes == ["Lines of events.jsonl that are no events, and were left out: 1."])
    }

    @Test func brokenBytesBecomeText() {
        let file = LogFile(machine: "a", service: "s", bytes: [0x7B, 0xFF, 0x00, 0x0A, 0x0A, 0xC3])
        let events = file.events(since: WallTime(microseconds: 0))
        #expect(events.count == 2 && events[0].text.hasPrefix("{\u{FFFD}"))
    }
}
