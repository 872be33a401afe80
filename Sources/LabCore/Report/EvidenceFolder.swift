import Basics
import FoundationEssentials
import Glibc
import LabReport
import LinuxProcess

/// The files of a run's evidence: `report.json`, `events.jsonl`, `logs/`, and what is made from them.
public struct EvidenceFolder: Sendable {
    /// Absolute, or relative to the working directory.
    public let path: String

    /// The most bytes that are read of one log; of a longer one, the first and the last half of that.
    public static let logFileLimit = 32 << 20
    /// The most bytes that are read of all logs together.
    public static let logsLimit = 256 << 20
    /// The most bytes that are read of `report.json` and `events.jsonl`.
    public static let fileLimit = 512 << 20

    public init(path: String) { self.path = path }

    /// Writes `report.json`, merges the logs into `events.jsonl`, and makes `report.html` and `junit.xml`.
    ///
    /// `report.json` is written first, and each file appears whole or not at all, so that whatever fails later the result is there.
    ///
    /// - Throws: `output`; `report.encoding`.
    /// - Returns: what had to be left out, one sentence each.
    @discardableResult
    public func finish(_ report: Report) throws -> [String] {
        try write("report.json", try report.json())
        let timeline = try merged(report)
        try write("events.jsonl", timeline.jsonLines)
        try write("junit.xml", JUnit.document(report))
        try write("report.html", try HTMLReport.document(report, timeline, files: neighbours()))
        return timeline.notes
    }

    /// Makes `report.html` and `junit.xml` again from what the folder holds. Changes none of the data.
    ///
    /// - Parameter page: where the page goes instead of the folder; `junit.xml` is left alone then.
    /// - Throws: `evidence.missing`, `evidence.unreadable`, `output`.
    /// - Returns: the page's path, and what had to be left out, one sentence each.
    public func makeAgain(page: String? = nil) throws -> (page: String, notes: [String]) {
        let report = try readReport()
        let timeline = try merged(report)
        guard let page else {
            try write("junit.xml", JUnit.document(report))
            try write("report.html", try HTMLReport.document(report, timeline, files: neighbours()))
            return ("\(path)/report.html", timeline.notes)
        }
        try Self.write(try HTMLReport.document(report, timeline), to: page)
        return (page, timeline.notes)
    }

    /// - Throws: `evidence.missing` if this is no folder of a run's, with what it looks like instead; `evidence.unreadable`.
    public func readReport() throws(CodedError) -> Report {
        let file = "\(path)/report.json"
        guard access(file, F_OK) == 0 else { throw CodedError("evidence.missing", whatIsHere()) }
        do { return try Report(json: try FileBytes.read(file, limit: Self.fileLimit).bytes) } catch {
            throw CodedError("evidence.unreadable", "cannot use \(file)", cause: error)
        }
    }

    /// Everything that happened, the lines of all logs included.
    ///
    /// - Throws: `evidence.missing`, `evidence.unreadable`.
    public func timeline() throws(CodedError) -> Timeline { try merged(try readReport()) }

    /// The events of `events.jsonl`, if there is one, and the lines of all logs.
    private func merged(_ report: Report) throws(CodedError) -> Timeline {
        var known = Timeline(events: [])
        let file = "\(path)/events.jsonl"
        if access(file, F_OK) == 0 { known = Timeline(jsonLines: try FileBytes.read(file, limit: Self.fileLimit).bytes) }
        var merged = Timeline(events: known.events, logs: try logs(), startedAt: report.startedAt)
        merged.notes = known.notes + merged.notes
        return merged
    }

    /// Every `logs/MACHINE/SERVICE.log`, in the order of names.
    private func logs() throws(CodedError) -> [LogFile] {
        var files: [LogFile] = []
        var room = Self.logsLimit
        for machine in Self.entries("\(path)/logs") {
            for name in Self.entries("\(path)/logs/\(machine)") where name.hasSuffix(".log") {
                let limit = min(Self.logFileLimit, room)
                let (bytes, omitted) = try FileBytes.read("\(path)/logs/\(machine)/\(name)", limit: limit)
                room -= bytes.count
                files.append(LogFile(machine: machine, service: String(name.dropLast(4)), bytes: bytes, omittedBytes: omitted))
            }
        }
        return files
    }

    /// What of a run's evidence stands beside the page.
    private func neighbours() -> [String] {
        let files = ["report.json", "events.jsonl", "schedule.json", "junit.xml", "capture.pcapng", "logs/", "wireguard/"]
        return files.filter { access("\(path)/\($0)", F_OK) == 0 }
    }

    private func whatIsHere() -> String {
        var status = stat()
        guard stat(path, &status) == 0 else { return "\(path) does not exist: name a folder that lab run --output wrote" }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            return "\(path) is no folder: name the folder that holds report.json, as lab run --output wrote it"
        }
        let inner = Self.entries(path).filter { access("\(path)/\($0)/report.json", F_OK) == 0 }
        guard let first = inner.first else {
            return "\(path) holds no report.json: name a folder that lab run --output wrote"
        }
        return "\(path) holds the evidence of \(inner.count) runs: name one of them, such as \(path)/\(first)"
    }

    /// Sorted; empty if there is no such folder.
    private static func entries(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    private func write(_ name: String, _ bytes: [UInt8]) throws(CodedError) { try Self.write(bytes, to: "\(path)/\(name)") }

    private static func write(_ bytes: [UInt8], to file: String) throws(CodedError) {
        do { try Data(bytes).write(to: URL(filePath: file), options: .atomic) } catch {
            throw CodedError("output", "cannot write \(file)", cause: error)
        }
    }
}

extension Report {
    /// Writes `report.json` into the folder, and nothing else.
    ///
    /// - Throws: `output`; `report.encoding`.
    public func write(to folder: String) throws {
        do { try Data(try json()).write(to: URL(filePath: "\(folder)/report.json"), options: .atomic) } catch {
            throw CodedError("output", "cannot write \(folder)/report.json", cause: error)
        }
    }
}
