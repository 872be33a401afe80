/// The log lines of a page, with what stands in many of them (sources, levels, events) written once.
struct PageLogs {
    private var lines: [TimelineEvent]
    private(set) var notes: [String] = []

    /// Least important first. A line without a level counts as info.
    static let levels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]
    /// What a line costs beside its texts.
    private static let overhead = 32

    /// - Parameter limit: bytes. If there are more, the least important levels go first, and within a level
    ///   the later lines.
    init(_ lines: [TimelineEvent], limit: Int) {
        self.lines = lines
        let costs = lines.map { line in
            line.fields.reduce(Self.overhead + line.text.utf8.count) { $0 + $1.key.utf8.count + $1.value.utf8.count + 2 }
        }
        guard costs.reduce(0, +) > limit else { return }
        var isKept = [Bool](repeating: false, count: lines.count)
        var room = limit
        for level in Self.levels.indices.reversed() {
            for index in lines.indices where Self.level(of: lines[index]) == level && costs[index] <= room {
                room -= costs[index]
                isKept[index] = true
            }
        }
        self.lines = zip(lines, isKept).filter(\.1).map(\.0)
        notes = [
            "\(self.lines.count) of \(lines.count) log lines are in this page, the most important first to find room; "
                + "the folder logs/ holds all of them."
        ]
    }

    private static func level(of line: TimelineEvent) -> Int { line.fields["level"].flatMap(levels.firstIndex) ?? 2 }

    func write(to writer: inout JSONWriter) {
        var names: [String] = []
        var numbers: [String: Int] = [:]
        func number(_ name: String) -> Int {
            if let known = numbers[name] { return known }
            numbers[name] = names.count
            names.append(name)
            return names.count - 1
        }
        writer.object {
            $0.key("lines")
            $0.array {
                for line in lines {
                    $0.array {
                        $0.number(line.at)
                        $0.int(number(line.source))
                        $0.int(line.fields["level"] == nil ? -1 : Self.level(of: line))
                        $0.int(number(line.fields["event"] ?? ""))
                        $0.string(line.text)
                        $0.string(Self.rest(line.fields))
                    }
                }
            }
            $0.key("names")
            $0.strings(names)
            $0.key("levels")
            $0.strings(Self.levels)
        }
    }

    /// The line's own fields, one a text line.
    private static func rest(_ fields: [String: String]) -> String {
        fields.filter { $0.key != "level" && $0.key != "event" }.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            .joined(separator: "\n")
    }
}
