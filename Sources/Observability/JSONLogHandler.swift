import FoundationEssentials
import Glibc
import Logging

/// Writes one JSON object a line to standard error: `time`, `level`, `service`, `event`, `message`, then the event's own fields.
///
/// The dictionary of events and fields is `docs/logging.md`.
struct JSONLogHandler: LogHandler {
    let service: String
    let write: @Sendable (String) -> Void
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = metadata
        fields.merge(metadataProvider?.get() ?? [:]) { _, new in new }
        fields.merge(event.metadata ?? [:]) { _, new in new }
        if let error = event.error { fields["error"] = "\(error)" }
        write(JSONLine.render(service: service, level: event.level, message: event.message.description, fields: fields))
    }
}

/// The text of one log line.
enum JSONLine {
    /// Keys that a field cannot take over.
    private static let reserved: Set<String> = ["time", "level", "service", "message"]

    static func render(service: String, level: Logger.Level, message: String, fields: Logger.Metadata) -> String {
        var line = "{\"time\":\"\(timestamp())\",\"level\":\"\(level.rawValue)\",\"service\":\(quote(service))"
        if let event = fields["event"] { line += ",\"event\":\(quote(event.description))" }
        line += ",\"message\":\(quote(message))"
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) where key != "event" && !reserved.contains(key) {
            line += ",\(quote(key)):\(render(value))"
        }
        return line + "}\n"
    }

    private static func render(_ value: Logger.MetadataValue) -> String {
        switch value {
        case .string(let text): return quote(text)
        case .stringConvertible(let number) where number is any BinaryInteger: return "\(number)"
        case .stringConvertible(let number as Double) where number.isFinite: return "\(number)"
        case .stringConvertible(let flag as Bool): return "\(flag)"
        case .stringConvertible(let other): return quote(other.description)
        case .array(let values): return "[" + values.map(render).joined(separator: ",") + "]"
        case .dictionary(let values):
            return "{" + values.sorted { $0.key < $1.key }.map { "\(quote($0.key)):\(render($0.value))" }.joined(separator: ",")
                + "}"
        }
    }

    /// A JSON string literal (RFC 8259, section 7).
    static func quote(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case "\u{0}"..<"\u{20}":
                let hex = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    /// Wall-clock time in UTC with microseconds, RFC 3339. For people and for merging logs; nothing is decided by it.
    static func timestamp() -> String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var parts = tm()
        gmtime_r(&now.tv_sec, &parts)
        func pad(_ number: some BinaryInteger, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let date = "\(pad(parts.tm_year + 1900, 4))-\(pad(parts.tm_mon + 1, 2))-\(pad(parts.tm_mday, 2))"
        let time = "\(pad(parts.tm_hour, 2)):\(pad(parts.tm_min, 2)):\(pad(parts.tm_sec, 2))"
        return "\(date)T\(time).\(pad(now.tv_nsec / 1_000, 6))Z"
    }
}
