import FoundationEssentials
import Glibc
import Logging

/// Prints log lines one by one, for people or for programs.
struct LogPrinter: Sendable {
    /// Less severe ones are left out.
    let level: Logger.Level
    /// Others are left out; empty: none is.
    let events: Set<String>
    let json: Bool

    /// Whether a line is to be printed.
    func covers(_ line: String) -> Bool {
        guard level > .trace || !events.isEmpty else { return true }
        let fields = Self.fields(line)
        let severity = Self.text(fields["level"]).flatMap { Logger.Level(rawValue: $0) } ?? .critical
        return severity >= level && (events.isEmpty || Self.text(fields["event"]).map(events.contains) ?? false)
    }

    func print(_ line: String) {
        Swift.print(json ? line : Self.render(line))
        // Whoever reads this through a pipe shall see it when it happens.
        fflush(nil)
    }

    /// `2026-11-24 04:12:33.123 warning  peer-kept  message  field=value …`, in UTC as it was written.
    static func render(_ line: String) -> String {
        let fields = fields(line)
        guard let time = text(fields["time"]), let message = text(fields["message"]) else { return line }
        let level = text(fields["level"]) ?? ""
        let event = text(fields["event"]) ?? ""
        let rest = fields.filter { !["time", "level", "service", "event", "message"].contains($0.key) }
            .sorted { $0.key < $1.key }.map { "\($0.key)=\(text($0.value) ?? "\($0.value)")" }
        let head = "\(time.prefix(23).replacing("T", with: " "))Z  \(pad(level, 7))  \(pad(event, 20))  \(message)"
        return rest.isEmpty ? head : "\(head)  \(rest.joined(separator: " "))"
    }

    private static func fields(_ line: String) -> [String: PlainValue] {
        (try? JSONDecoder().decode([String: PlainValue].self, from: Data(line.utf8))) ?? [:]
    }

    private static func text(_ value: PlainValue?) -> String? {
        guard case .text(let text) = value else { return nil }
        return text
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
