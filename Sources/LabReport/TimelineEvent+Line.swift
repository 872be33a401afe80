extension TimelineEvent {
    /// The longest text and the longest field that a line holds, in bytes; what is longer is cut and ends in "…".
    public static let textLimit = 4_096
    /// The most fields and the most machines that a line holds.
    public static let countLimit = 1_024

    /// The line of `events.jsonl`, its newline included. Its length is bounded, whatever the event holds.
    public var line: [UInt8] {
        var writer = JSONWriter()
        writer.object {
            $0.key("at")
            $0.number(at)
            $0.key("source")
            $0.string(Self.cut(source))
            $0.key("kind")
            $0.string(Self.cut(kind.rawValue))
            if !text.isEmpty {
                $0.key("text")
                $0.string(Self.cut(text))
            }
            if !machines.isEmpty {
                $0.key("machines")
                $0.strings(machines.prefix(Self.countLimit).map(Self.cut))
            }
            if !fields.isEmpty { writeFields(to: &$0) }
            matrix?.write(to: &$0)
        }
        return writer.bytes + [0x0A]
    }

    private func writeFields(to writer: inout JSONWriter) {
        writer.key("fields")
        writer.object {
            for (name, value) in fields.sorted(by: { $0.key < $1.key }).prefix(Self.countLimit) {
                $0.key(Self.cut(name))
                $0.string(Self.cut(value))
            }
        }
    }

    /// At most `textLimit` bytes of a text, cut between characters.
    static func cut(_ text: String) -> String {
        guard text.utf8.count > textLimit else { return text }
        let end = text.utf8.index(text.startIndex, offsetBy: textLimit - 3)
        let whole = text.unicodeScalars.index(before: text.unicodeScalars.index(after: end))
        return "\(text[..<whole])…"
    }

    /// Reads a line of `events.jsonl`. What this version does not know is left out, and what is missing is empty.
    ///
    /// - Returns: nil if it is no JSON object, or has no `kind`, or no number `at`.
    public init?(line: some Sequence<UInt8>) {
        let value = Array(line).withUnsafeBufferPointer { JSONReader.value($0) }
        guard let value, let kind = value["kind"]?.string, let at = value["at"]?.double else { return nil }
        self.init(
            at: at, source: value["source"]?.string ?? "lab", kind: Kind(rawValue: kind), text: value["text"]?.string ?? "",
            machines: value["machines"]?.array?.compactMap(\.string) ?? [], matrix: value["matrix"].flatMap(MatrixSample.init))
        if case .object(let members)? = value["fields"] {
            fields = Dictionary(members.map { ($0.name, $0.value.plain) }) { first, _ in first }
        }
    }
}

extension MatrixSample {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.key("matrix")
        writer.object {
            $0.key("rows")
            $0.strings(rows.prefix(TimelineEvent.countLimit))
            for (name, value) in [("p50", p50), ("p99", p99), ("max", max)] where value != nil {
                $0.key(name)
                $0.number(value)
            }
            guard let roundTrips, roundTrips.count <= Self.largestWithRoundTrips else { return }
            $0.key("round_trips")
            $0.array {
                for row in roundTrips { $0.array { for value in row { $0.number(value) } } }
            }
        }
    }

    init?(_ value: JSONValue) {
        guard let rows = value["rows"]?.array else { return nil }
        self.init(
            rows: rows.compactMap(\.string), p50: value["p50"]?.double, p99: value["p99"]?.double, max: value["max"]?.double,
            roundTrips: value["round_trips"]?.array?.map { row in row.array?.map(\.double) ?? [] })
    }
}
