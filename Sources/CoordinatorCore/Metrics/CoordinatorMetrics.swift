import ControlProtocol
import Observability
import Synchronization

/// What the coordinator counts for `GET /metrics`. Each table is bounded: labels are routes, statuses and codes of this program, never input.
final class CoordinatorMetrics: Sendable {
    /// One kind of answer.
    struct Exchange: Hashable, Sendable {
        let method: String
        /// The route's pattern, or `other`.
        let route: String
        let status: Int
    }

    struct Counts: Sendable {
        var requests: [Exchange: Int] = [:]
        var durations: [String: MetricHistogram] = [:]
        /// By result: `new`, `known` or the code of the refusal.
        var registrations: [String: Int] = [:]
        var heartbeats = 0
        /// By the type of the line. Each is shown from the start.
        var streamLines = Dictionary(uniqueKeysWithValues: StreamLine.countedTypes.map { ($0, 0) })
        var commits = MetricHistogram()
        /// By status: answers to what was no request.
        var malformed: [Int: Int] = [:]
    }
    private let state = Mutex(Counts())

    /// All counts as of now.
    var counts: Counts { state.withLock { $0 } }

    /// Counts an answer, and the seconds until it began.
    func answered(_ exchange: Exchange, seconds: Double) {
        state.withLock { state in
            state.requests[exchange, default: 0] += 1
            state.durations[exchange.route, default: MetricHistogram()].record(seconds)
        }
    }

    func registered(_ result: String) { state.withLock { $0.registrations[result, default: 0] += 1 } }
    func heard() { state.withLock { $0.heartbeats += 1 } }
    func wroteLine(_ type: String) { state.withLock { $0.streamLines[type, default: 0] += 1 } }
    func committed(seconds: Double) { state.withLock { $0.commits.record(seconds) } }
    func refusedMalformed(_ status: Int) { state.withLock { $0.malformed[status, default: 0] += 1 } }
}

extension StreamLine {
    /// The types that are counted: all but `reconnect`, after which nobody could read the count.
    static let countedTypes = ["snapshot", "delta", "keepalive", "unchanged", "probe"]

    /// The value of the line's member `type`.
    var type: String {
        switch self {
        case .update(.snapshot): "snapshot"
        case .update(.delta): "delta"
        case .update(.keepalive): "keepalive"
        case .update(.unchanged): "unchanged"
        case .probe: "probe"
        case .reconnect: "reconnect"
        case .unknown: "unknown"
        }
    }
}
