import Basics
import FoundationEssentials
import Glibc
import ScenarioModel

/// Conditions about what services have logged.
extension ScenarioRun {
    /// The most bytes of a log that are read for one look.
    static let logLimit = 64 << 20

    func lookAtLog(_ target: Target, _ pattern: LogPattern) throws -> Look {
        var wrong: [String] = []
        var example: String?
        var total = 0
        for name in target.machines {
            for service in network.book.services(of: target, on: name) {
                let path = network.logs.path(machine: name, service: service)
                let offset = pattern.since.flatMap { logOffsets[$0]?[path] } ?? 0
                guard let all = try LogReader.lines(path, from: offset, limit: Self.logLimit) else {
                    return Look(.unknown, "\(name)/\(service) has no log: it was never started")
                }
                let lines = all.filter { Self.matches($0, pattern) }
                total += lines.count
                example = example ?? lines.last
                if lines.count < pattern.atLeast { wrong.append("\(name)/\(service): \(lines.count) such lines") }
                if let most = pattern.atMost, lines.count > most {
                    wrong.append("\(name)/\(service): \(lines.count) such lines, such as \(lines[0].prefix(200))")
                }
            }
        }
        return .noneWrong(wrong, else: "\(total) such lines\(example.map { ", the last: \($0.prefix(200))" } ?? "")")
    }

    static func matches(_ line: String, _ pattern: LogPattern) -> Bool {
        if let text = pattern.contains, !line.contains(text) { return false }
        guard !pattern.fields.isEmpty else { return true }
        guard let object = try? JSONDecoder().decode([String: LogValue].self, from: Data(line.utf8)) else { return false }
        return pattern.fields.allSatisfy { object[$0.key]?.text == $0.value }
    }

    /// Remembers how long every log is now, for checks that count from here.
    func noteLogOffsets(_ id: String) {
        guard logMarks.contains(id) else { return }
        var offsets: [String: Int] = [:]
        for name in network.allMachines {
            for service in network.book.order {
                let path = network.logs.path(machine: name, service: service)
                var status = stat()
                if stat(path, &status) == 0 { offsets[path] = Int(status.st_size) }
            }
        }
        logOffsets[id] = offsets
    }
}

/// A value in a log line, as its text.
private struct LogValue: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self.text = text
        } else if let flag = try? container.decode(Bool.self) {
            text = "\(flag)"
        } else if let whole = try? container.decode(Int.self) {
            text = "\(whole)"
        } else if let number = try? container.decode(Double.self) {
            text = "\(number)"
        } else {
            text = ""
        }
    }
}

/// Reads logs that are being written.
enum LogReader {
    /// The whole lines from an offset on; nil if there is no such file.
    static func lines(_ path: String, from offset: Int, limit: Int) throws(CodedError) -> [String]? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        guard fseek(file, offset, SEEK_SET) == 0 else { return [] }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let got = fread(&buffer, 1, buffer.count, file)
            guard got > 0 else { break }
            guard bytes.count + got <= limit else {
                throw CodedError("check.log", "\(path) is longer than \(limit >> 20) MiB: count from a later step (\"since\")")
            }
            bytes += buffer[..<got]
        }
        guard let end = bytes.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        return bytes[..<end].split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }
}
