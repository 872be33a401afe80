import Glibc

/// The log of one service of one machine, as far as it was read.
public struct LogFile: Sendable, Hashable {
    public var machine: String
    public var service: String
    public var bytes: [UInt8]
    /// How many bytes of the file are not among them.
    public var omittedBytes: Int

    public init(machine: String, service: String, bytes: [UInt8], omittedBytes: Int = 0) {
        self.machine = machine
        self.service = service
        self.bytes = bytes
        self.omittedBytes = omittedBytes
    }

    /// Its name on the timeline.
    public var source: String { "\(machine)/\(service)" }

    /// Its lines as events, in order. A line without a time of its own stands where the line before it does, and is
    /// marked with the field `time` = `unknown`.
    ///
    /// - Parameters:
    ///   - start: when the run began.
    ///   - limit: no more lines than that.
    public func events(since start: WallTime, limit: Int = .max) -> [TimelineEvent] {
        var events: [TimelineEvent] = []
        var last = 0.0
        Lines.forEach(in: bytes) { line in
            guard events.count < limit else { return }
            let read = LogLine(line)
            if let time = read.time { last = max(0, time.seconds(after: start)) }
            var fields = read.fields
            if read.time == nil { fields["time"] = "unknown" }
            events.append(
                TimelineEvent(at: last, source: source, kind: .log, text: read.message, machines: [machine], fields: fields))
        }
        return events
    }
}

/// Splits bytes into lines.
enum Lines {
    /// Calls the body with each line that is not empty, without its newline and a carriage return before it.
    static func forEach(in bytes: [UInt8], _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            var begin = 0
            while begin < buffer.count {
                let found = memchr(base + begin, 0x0A, buffer.count - begin)
                let next = found.map { UnsafeRawPointer($0) - UnsafeRawPointer(base) } ?? buffer.count
                let end = next > begin && base[next - 1] == 0x0D ? next - 1 : next
                if end > begin { body(UnsafeBufferPointer(rebasing: buffer[begin..<end])) }
                begin = next + 1
            }
        }
    }
}
