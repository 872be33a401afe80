import Basics
import FoundationEssentials
import Glibc
import LinuxProcess

/// The levels of log lines, lowest first.
enum LogLevel: String, CaseIterable {
    case trace, debug, info, notice, warning, error, critical

    var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// A line of a service's log.
struct LoggedLine {
    var machine: String
    var service: String
    /// RFC 3339 in UTC, so that texts compare like times; of a line that has none, that of the line before it.
    var time: String
    /// Nil for a line that is no JSON object.
    var fields: [String: LoggedValue]?
    var text: String
}

/// A value in a log line.
enum LoggedValue: Codable {
    case text(String)
    case whole(Int)
    case number(Double)
    case flag(Bool)
    case other

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let whole = try? container.decode(Int.self) {
            self = .whole(whole)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else {
            self = .other
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .whole(let whole): try container.encode(whole)
        case .number(let number): try container.encode(number)
        case .flag(let flag): try container.encode(flag)
        case .other: try container.encodeNil()
        }
    }

    var text: String {
        switch self {
        case .text(let text): text
        case .whole(let whole): "\(whole)"
        case .number(let number): "\(number)"
        case .flag(let flag): "\(flag)"
        case .other: "…"
        }
    }
}

/// Reads all logs of a folder from where it has come to, `MACHINE/SERVICE.log` each.
struct MergedLogs {
    /// The most bytes that are read of a file at a time; the rest comes with the next call.
    static let chunk = 8 << 20

    let folder: String
    /// `MACHINE` or `MACHINE/SERVICE`; empty: all.
    let wanted: [String]
    private var offsets: [String: Int] = [:]
    private var times: [String: String] = [:]

    init(folder: String, wanted: [String]) {
        self.folder = folder
        self.wanted = wanted
    }

    /// The whole lines since the last call, by time.
    mutating func next() -> [LoggedLine] {
        var lines: [LoggedLine] = []
        for machine in names(folder) {
            for file in names("\(folder)/\(machine)") where file.hasSuffix(".log") {
                let service = String(file.dropLast(4))
                guard wanted.isEmpty || wanted.contains(machine) || wanted.contains("\(machine)/\(service)") else { continue }
                lines += next(machine, service, "\(folder)/\(machine)/\(file)")
            }
        }
        // Stable: lines of one file stay in their order.
        return lines.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
    }

    private func names(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    private mutating func next(_ machine: String, _ service: String, _ path: String) -> [LoggedLine] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        let offset = offsets[path] ?? 0
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count < Self.chunk {
            let got = pread(file, &buffer, buffer.count, offset + bytes.count)
            guard got > 0 else { break }
            bytes += buffer[..<got]
        }
        guard let end = bytes.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        offsets[path] = offset + end + 1
        return bytes[..<end].split(separator: UInt8(ascii: "\n")).map { line in
            let fields = try? JSONDecoder().decode([String: LoggedValue].self, from: Data(line))
            if case .text(let time)? = fields?["time"] { times[path] = time }
            return LoggedLine(
                machine: machine, service: service, time: times[path] ?? "", fields: fields,
                text: String(decoding: line, as: UTF8.self))
        }
    }
}

/// Prints log lines.
struct LogPrinter {
    let isJSON: Bool
    let least: LogLevel
    private let isStyled = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil

    init(isJSON: Bool, least: LogLevel) {
        self.isJSON = isJSON
        self.least = least
    }

    func show(_ lines: [LoggedLine]) {
        for line in lines where rank(line) >= least.rank { print(isJSON ? json(line) : text(line)) }
        fflush(nil)
    }

    /// A line without a level counts as info.
    private func rank(_ line: LoggedLine) -> Int {
        guard case .text(let level)? = line.fields?["level"] else { return LogLevel.info.rank }
        return LogLevel(rawValue: level)?.rank ?? LogLevel.info.rank
    }

    private func json(_ line: LoggedLine) -> String {
        var fields = line.fields ?? ["message": .text(line.text)]
        // Some events have a field "machine" of their own, the id of one.
        if let own = fields["machine"] { fields["machine_id"] = own }
        fields["machine"] = .text(line.machine)
        if fields["service"] == nil { fields["service"] = .text(line.service) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(fields)).map { String(decoding: $0, as: UTF8.self) } ?? line.text
    }

    private func text(_ line: LoggedLine) -> String {
        let source = pad("\(line.machine)/\(line.service)", 22)
        guard let fields = line.fields else { return "\(pad("", 12)) \(source) \(line.text)" }
        func text(_ name: String) -> String { fields[name]?.text ?? "" }
        // The time of day, to the millisecond.
        let time = line.time.split(separator: "T").last.map { String($0.prefix(12)) } ?? ""
        let shown: Set = ["time", "level", "service", "event", "message"]
        let rest = fields.filter { !shown.contains($0.key) }.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.text)" }
        let level = text("level")
        let words = [text("event"), text("message")].filter { !$0.isEmpty }.joined(separator: ": ")
        return
            "\(pad(time, 12)) \(source) \(styled(pad(level, 8), level)) \(words)\(rest.isEmpty ? "" : "  ")\(rest.joined(separator: " "))"
    }

    private func styled(_ text: String, _ level: String) -> String {
        guard isStyled, let rank = LogLevel(rawValue: level)?.rank, rank >= LogLevel.warning.rank else { return text }
        return "\u{1b}[\(rank == LogLevel.warning.rank ? 33 : 31)m\(text)\u{1b}[0m"
    }

    private func pad(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
}
