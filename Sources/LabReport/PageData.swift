/// What the page's script gets: the report and the timeline, in a form that is quick to read.
///
/// The keys and arrays are known to `Page/data.js`, and to nobody else.
struct PageData {
    let report: Report
    let timeline: Timeline
    let limits: PageLimits

    /// The JSON text, and what had to be left out of it, for people.
    func render() throws -> (json: [UInt8], notes: [String]) {
        let others = timeline.events.filter { $0.kind != .log && $0.kind != .matrix }
        let shown = others.prefix(limits.events)
        let logs = PageLogs(timeline.events.filter { $0.kind == .log }, limit: limits.logBytes)
        let matrix = PageMatrix.fitting(
            timeline.events.filter { $0.kind == .matrix && $0.matrix != nil }, limit: limits.matrixBytes)
        var notes = timeline.notes + logs.notes + matrix.notes
        if shown.count < others.count { notes.append("The first \(shown.count) of \(others.count) events are in this page.") }
        let report = String(decoding: try report.json(), as: UTF8.self)
        var writer = JSONWriter()
        writer.object {
            $0.key("report")
            $0.raw(report)
            $0.key("events")
            $0.array { for event in shown { Self.write(event, to: &$0) } }
            $0.key("logs")
            logs.write(to: &$0)
            $0.key("matrix")
            matrix.write(to: &$0)
        }
        return (writer.bytes, notes)
    }

    private static func write(_ event: TimelineEvent, to writer: inout JSONWriter) {
        writer.object {
            $0.key("at")
            $0.number(event.at)
            $0.key("kind")
            $0.string(event.kind.rawValue)
            $0.key("text")
            $0.string(event.text)
            $0.key("machines")
            $0.strings(event.machines)
            $0.key("fields")
            $0.object {
                for (name, value) in event.fields.sorted(by: { $0.key < $1.key }) {
                    $0.key(name)
                    $0.string(value)
                }
            }
        }
    }
}

/// How much of each kind of data goes into a page, so that a browser on a phone can still open it.
public struct PageLimits: Sendable, Hashable {
    /// Bytes of log lines.
    public var logBytes = 16 << 20
    /// Bytes of matrix samples.
    public var matrixBytes = 12 << 20
    /// Events that are neither.
    public var events = 20_000

    public init() {}
}
