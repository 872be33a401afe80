/// Everything that happened in a run, in the order of time.
public struct Timeline: Sendable, Hashable {
    public var events: [TimelineEvent]
    /// What is not in it, one sentence each, for people.
    public var notes: [String]

    /// The most log lines that a timeline takes.
    public static let logLimit = 400_000

    public init(events: [TimelineEvent], notes: [String] = []) {
        self.events = events
        self.notes = notes
    }

    /// What the lab saw and what the services wrote, as one timeline.
    ///
    /// Log lines that were merged before are replaced, so this may be done again; without log files they stay.
    ///
    /// - Parameters:
    ///   - events: in any order.
    ///   - startedAt: when the run began, as in `Report.startedAt`. If it is no time, the lines stand at their first one's time.
    public init(events: [TimelineEvent], logs: [LogFile], startedAt: String) {
        var all = logs.isEmpty ? events : events.filter { $0.kind != .log }
        var room = Self.logLimit
        var notes: [String] = []
        let start = WallTime(startedAt)
        if start == nil, !logs.isEmpty {
            notes.append("The run's beginning, \"\(startedAt)\", is no time: log lines have no place.")
        }
        for log in logs {
            let lines = log.events(since: start ?? WallTime(microseconds: .max / 2), limit: room)
            room -= lines.count
            all += lines
            if log.omittedBytes > 0 {
                notes.append("\(log.omittedBytes) bytes in the middle of logs/\(log.source).log were not read.")
            }
        }
        if room <= 0 { notes.append("Only the first \(Self.logLimit) log lines were read; logs/ holds all.") }
        self.init(events: Self.sorted(all), notes: notes)
    }

    /// By time; what happened at one time keeps its order.
    private static func sorted(_ events: [TimelineEvent]) -> [TimelineEvent] {
        let times = events.map(\.at)
        let order = times.indices.sorted { times[$0] != times[$1] ? times[$0] < times[$1] : $0 < $1 }
        return order.map { events[$0] }
    }

    /// Reads `events.jsonl`. A line that is none, such as the last one of a run that was killed, is left out and noted.
    public init(jsonLines bytes: [UInt8]) {
        var events: [TimelineEvent] = []
        var bad = 0
        Lines.forEach(in: bytes) { line in
            if let event = TimelineEvent(line: line) { events.append(event) } else { bad += 1 }
        }
        self.init(
            events: Self.sorted(events),
            notes: bad == 0 ? [] : ["Lines of events.jsonl that are no events, and were left out: \(bad)."]
        )
    }

    /// The bytes of `events.jsonl`.
    public var jsonLines: [UInt8] {
        var bytes: [UInt8] = []
        for event in events { bytes += event.line }
        return bytes
    }
}
