import Basics
import FoundationEssentials
import LabCore
import LabReport
import MilestoneModel

/// Fills the excerpts of documents with lines of the logs of runs.
enum Excerpts {
    /// - Throws: `milestones.excerpt` for a step that a run did not come to; `output`.
    static func write(_ project: ProjectDocuments, _ outcomes: [RunOutcome]) throws {
        for document in project.review.documents.values {
            let text = try LogExcerpt.rewrite(document) { excerpt in
                guard let outcome = outcomes.first(where: { $0.scenario == excerpt.scenario }) else { return nil }
                return try lines(excerpt, try EvidenceFolder(path: outcome.output).timeline().events)
            }
            guard text != document.lines.map(\.text).joined(separator: "\n") else { continue }
            do { try Data(text.utf8).write(to: URL(filePath: "\(project.root)/\(document.path)"), options: .atomic) } catch {
                throw CodedError("output", "cannot write \(document.path)", cause: error)
            }
        }
    }

    /// Steps, what checks came to, and the events that the excerpt shows, between its steps.
    private static func lines(_ excerpt: LogExcerpt, _ events: [TimelineEvent]) throws(CodedError) -> [String] {
        func place(of step: String) throws(CodedError) -> Int {
            guard let index = events.firstIndex(where: { [.step, .check].contains($0.kind) && $0.fields["id"] == step }) else {
                throw CodedError("milestones.excerpt", "\(excerpt.place): \(excerpt.scenario) did not come to a step \"\(step)\"")
            }
            return index
        }
        let range = try place(of: excerpt.from)..<(try place(of: excerpt.to))
        let shown = events[range].filter { event in
            switch event.kind {
            case .step: true
            case .check: event.fields["id"]?.hasSuffix("-effect") == false
            case .log: excerpt.shows(event.fields["event"] ?? "", of: event.source)
            default: false
            }
        }
        return shown.prefix(LogExcerpt.lineLimit).map(line)
    }

    private static func line(_ event: TimelineEvent) -> String {
        let time = StoryText.fixed(event.at, 3)
        let head = "\(String(repeating: " ", count: max(0, 7 - time.count)))\(time) \(event.source)"
        guard event.kind == .log else { return "\(head) \(event.fields["id"] ?? "") \(event.text)" }
        // What names the line, and what says nothing to a reader: ids, addresses, revisions.
        let hidden: Set = [
            "event", "level", "service", "time", "message", "id", "machine", "revision", "address", "key", "endpoints",
        ]
        let fields = event.fields.filter { !hidden.contains($0.key) }.sorted { $0.key < $1.key }
        let values = fields.map { $0.value.contains(" ") ? "\($0.key)=\"\($0.value)\"" : "\($0.key)=\($0.value)" }
        return ([head, event.fields["event"] ?? ""] + values).joined(separator: " ")
    }
}
