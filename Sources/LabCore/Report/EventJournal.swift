import Basics
import Glibc
import LabReport
import LinuxProcess
import Synchronization
import Timing

/// Appends what happens to `events.jsonl` as it happens: one write an event, so that a run that is killed leaves what it saw.
///
/// May be used from any task. Bounded: past `byteLimit` events are counted, and no longer written.
public final class EventJournal: Sendable {
    /// The most bytes that a journal writes.
    public static let byteLimit = 256 << 20

    private struct State {
        var written = 0
        var dropped = 0
        var failure: Int32?
    }

    private let descriptor: Int32
    private let start: MonotonicTime
    private let state = Mutex(State())

    /// - Parameters:
    ///   - folder: of the evidence; it exists, and holds no events yet.
    ///   - start: when the run began; times of events count from it.
    /// - Throws: `output`.
    public init(folder: String, start: MonotonicTime) throws(CodedError) {
        let path = "\(folder)/events.jsonl"
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw CodedError("output", "cannot create \(path): \(errorText(errno))") }
        self.start = start
    }

    /// Appends an event of the lab's own.
    ///
    /// - Parameter at: when it happened; nil: now.
    public func add(
        _ kind: TimelineEvent.Kind, _ text: String = "", machines: [String] = [], fields: [String: String] = [:],
        matrix: MatrixSample? = nil, at: MonotonicTime? = nil
    ) {
        let time = ((at ?? .now) - start).inSeconds
        append(TimelineEvent(at: time, kind: kind, text: text, machines: machines, fields: fields, matrix: matrix))
    }

    /// Appends an event as it is.
    public func append(_ event: TimelineEvent) {
        let line = event.line
        state.withLock { state in
            guard state.failure == nil, state.written + line.count <= Self.byteLimit else {
                state.dropped += 1
                return
            }
            state.written += line.count
            line.withUnsafeBytes { bytes in
                var rest = bytes[...]
                while !rest.isEmpty {
                    let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else {
                        state.failure = errno
                        state.dropped += 1
                        return
                    }
                    rest = rest.dropFirst(count)
                }
            }
        }
    }

    /// What was lost, in a sentence; nil if nothing was. To be asked at the end, and told in the report.
    public var loss: String? {
        state.withLock { state in
            guard state.dropped > 0 else { return nil }
            let reason = state.failure.map { errorText($0) } ?? "there were more than \(Self.byteLimit) bytes of them"
            return "\(state.dropped) events were not written to events.jsonl: \(reason)"
        }
    }

    deinit { close(descriptor) }
}
