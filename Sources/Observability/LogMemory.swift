import Synchronization

/// The latest lines of a program's log, in memory. Bounded in lines and bytes; a reader that is too slow loses lines, and is told how many.
public final class LogMemory: Sendable {
    private struct State {
        /// The oldest first.
        var lines: [String] = []
        var bytes = 0
        /// The number of the line after the last one.
        var next = 0
        var counts: [String: Int] = [:]
        var waiters: [Int: AsyncStream<Void>.Continuation] = [:]
        var nextWaiter = 0
    }

    private let state = Mutex(State())
    private let lineLimit: Int
    private let byteLimit: Int
    /// Names that are counted; others are counted together.
    private static let nameLimit = 256

    /// - Parameters:
    ///   - lineLimit: the most lines.
    ///   - byteLimit: of all lines together.
    public init(lineLimit: Int = 2_000, byteLimit: Int = 2 << 20) {
        self.lineLimit = lineLimit
        self.byteLimit = byteLimit
    }

    /// Keeps a line.
    func add(_ line: String) {
        let text = line.hasSuffix("\n") ? String(line.dropLast()) : line
        let waiters = state.withLock { state -> [AsyncStream<Void>.Continuation] in
            state.lines.append(text)
            state.bytes += text.utf8.count
            state.next += 1
            if let name = Self.event(in: text) {
                let key = state.counts[name] != nil || state.counts.count < Self.nameLimit ? name : "other"
                state.counts[key, default: 0] += 1
            }
            // A quarter at a time: moving all lines for each new one would cost more than the logging.
            if state.lines.count > lineLimit + lineLimit / 4 || state.bytes > byteLimit { trim(&state) }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.yield() }
    }

    private func trim(_ state: inout State) {
        var drop = max(0, state.lines.count - lineLimit)
        var bytes = state.bytes - state.lines[..<drop].reduce(0) { $0 + $1.utf8.count }
        while bytes > byteLimit * 3 / 4, drop < state.lines.count {
            bytes -= state.lines[drop].utf8.count
            drop += 1
        }
        state.lines.removeFirst(drop)
        state.bytes = bytes
    }

    /// Lines as of now.
    public struct Excerpt: Sendable, Hashable {
        /// The oldest first.
        public var lines: [String]
        /// The number of the line after the last one of these.
        public var next: Int
        /// How many that were asked for are gone.
        public var lost: Int
    }

    /// The latest lines, at most so many.
    public func latest(_ count: Int) -> Excerpt {
        state.withLock { state in
            Excerpt(lines: Array(state.lines.suffix(max(0, min(count, lineLimit)))), next: state.next, lost: 0)
        }
    }

    /// The lines from a number on.
    ///
    /// - Parameter count: the most lines of one answer.
    public func lines(from number: Int, atMost count: Int) -> Excerpt {
        state.withLock { state in
            let first = state.next - state.lines.count
            let start = min(max(number, first), state.next)
            let lines = Array(state.lines[(start - first)...].prefix(count))
            return Excerpt(lines: lines, next: start + lines.count, lost: max(0, first - number))
        }
    }

    /// How often each event was logged since the start.
    public var counts: [String: Int] { state.withLock { $0.counts } }

    /// Signals that there are new lines; several are one.
    public func news() -> AsyncStream<Void> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            let number = state.withLock { state in
                state.nextWaiter += 1
                state.waiters[state.nextWaiter] = continuation
                return state.nextWaiter
            }
            continuation.onTermination = { [weak self] _ in self?.state.withLock { $0.waiters[number] = nil } }
        }
    }

    /// The name of the event; the fields before it have no free text in them (`JSONLine`).
    private static func event(in line: String) -> String? {
        guard let start = line.firstRange(of: ",\"event\":\""), let end = line[start.upperBound...].firstIndex(of: "\"") else {
            return nil
        }
        return line[..<start.lowerBound].contains("\"message\"") ? nil : String(line[start.upperBound..<end])
    }
}
