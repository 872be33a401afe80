import Basics
import Foundation
import LabCore
import LabReport
import Testing

/// The folder of a run's evidence, on a real disk.
@Suite final class EvidenceTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "lab-evidence-\(UInt64.random(in: 0 ... .max))")
        .path

    init() throws { try FileManager.default.createDirectory(atPath: "\(folder)/logs/ash", withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private var report: Report {
        Report(
            scenario: "small", title: "", outcome: .pass, error: nil, seed: 1, startedAt: "2026-01-31T12:00:00.000000Z",
            seconds: 3,
            environment: Report.Environment(
                substrate: "namespaces", kernel: "6", backend: "wireguard-go", rootless: false, version: "0"), checks: [],
            events: [])
    }

    private func text(_ name: String) throws -> String { try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8) }

    @Test func aBundleIsFinishedAndMadeAgain() throws {
        let journal = try EventJournal(folder: folder, start: .zero)
        journal.add(.note, "second", at: .zero + .seconds(2))
        journal.add(.power, machines: ["ash"], fields: ["state": "on"], at: .zero + .milliseconds(500))
        #expect(journal.loss == nil)
        try Data("{\"time\":\"2026-01-31T12:00:01Z\",\"message\":\"first\"}\n".utf8).write(
            to: URL(filePath: "\(folder)/logs/ash/agent.log"))
        let notes = try EvidenceFolder(path: folder).finish(report)
        #expect(notes == [])
        let events = Timeline(jsonLines: Array(try text("events.jsonl").utf8)).events
        #expect(events.map(\.at) == [0.5, 1, 2])
        #expect(events.map(\.kind) == [.power, .log, .note])
        let page = try text("report.html")
        let data = try text("events.jsonl")
        try FileManager.default.removeItem(atPath: "\(folder)/report.html")
        #expect(try EvidenceFolder(path: folder).makeAgain().page == "\(folder)/report.html")
        #expect(try text("report.html") == page)
        #expect(try text("events.jsonl") == data)
        #expect(try text("junit.xml").contains("<testsuite name=\"small\""))
    }

    @Test func aFolderThatIsNoBundleIsExplained() throws {
        func message(_ path: String) -> String {
            do {
                _ = try EvidenceFolder(path: path).makeAgain()
                return ""
            } catch { return "\(error)" }
        }
        #expect(message(folder) == "\(folder) holds no report.json: name a folder that lab run --output wrote")
        #expect(message("\(folder)/nowhere").hasPrefix("\(folder)/nowhere does not exist"))
        try FileManager.default.createDirectory(atPath: "\(folder)/one", withIntermediateDirectories: true)
        try report.write(to: "\(folder)/one")
        #expect(message(folder).contains("holds the evidence of 1 runs: name one of them, such as \(folder)/one"))
        #expect(message("\(folder)/one/report.json").contains("is no folder"))
        try Data("{".utf8).write(to: URL(filePath: "\(folder)/report.json"))
        #expect(message(folder).hasPrefix("cannot use \(folder)/report.json: it is no report of the lab's"))
    }

    @Test func aSecondJournalIsRefused() throws {
        _ = try EventJournal(folder: folder, start: .zero)
        #expect(throws: CodedError.self) { _ = try EventJournal(folder: self.folder, start: .zero) }
    }

    /// Many tasks at once: every line is whole.
    @Test func eventsDoNotMix() async throws {
        let journal = try EventJournal(folder: folder, start: .zero)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<20 {
                group.addTask {
                    for number in 0..<100 { journal.add(.note, "\(task) \(number)", at: .zero + .milliseconds(number)) }
                }
            }
        }
        let timeline = Timeline(jsonLines: Array(try text("events.jsonl").utf8))
        #expect(timeline.events.count == 2_000 && timeline.notes == [])
    }
}
