import FoundationEssentials
import Logging
import Testing

/// The coordinator's part of docs/logging.md. Every line that a test makes a coordinator write is held against it.
struct LogDictionary: Sendable {
    struct Row: Sendable {
        let level: String
        let fields: Set<String>
    }

    /// By event.
    let rows: [String: Row]

    private static let path = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/docs/logging.md"

    static let coordinator = LogDictionary(
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? "")

    init(_ document: String) {
        var rows: [String: Row] = [:]
        let section = document.components(separatedBy: "\n## ").first { $0.hasPrefix("Coordinator\n") } ?? ""
        for row in section.matches(of: #/(?m)^\| `([a-z-]+)`( \*)? \| (.*?) \| (.*?) \|/#) {
            let own = row.4.matches(of: #/`([a-z_]+)`/#).map { String($0.1) }
            let about = row.2 == nil ? [] : ["machine", "name", "address", "revision"]
            rows[String(row.1)] = Row(level: String(row.3), fields: Set(own + about))
        }
        self.rows = rows
    }

    /// What of a line the dictionary does not say; nil if it has all of it.
    func complaint(_ event: String, _ level: Logger.Level, _ fields: some Collection<String>) -> String? {
        guard let row = rows[event] else { return "docs/logging.md does not know the event \(event)" }
        guard row.level == level.rawValue else { return "docs/logging.md has \(event) as \(row.level), it is \(level.rawValue)" }
        let unknown = Set(fields).subtracting(row.fields).subtracting(["event"])
        let missing = row.fields.subtracting(fields)
        guard unknown.isEmpty else { return "docs/logging.md has no \(unknown.sorted()) of \(event)" }
        return missing.isEmpty ? nil : "\(event) has no \(missing.sorted()), which docs/logging.md lists"
    }
}
