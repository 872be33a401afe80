import Basics
import MeshModel
import Observability

/// Everything that `GET /metrics` says. docs/metrics.md describes each.
struct MetricsPage: Sendable {
    let counts: CoordinatorMetrics.Counts
    let state: Coordinator.MetricState
    let connections: ConnectionTable

    var text: String {
        var text = PrometheusText()
        text.add("warren_build_info", .gauge, "The version that runs.", [([("version", Version.current)], 1)])
        addMesh(to: &text)
        addRequests(to: &text)
        text.add(
            "warren_storage_commit_duration_seconds", "How long writing to the database took.", [([], counts.commits)])
        text.add("warren_connections_open", .gauge, "Connections of the public API.", Double(connections.open))
        text.add("warren_connections_limit", .gauge, "The most connections of the public API.", Double(connections.limit))
        ProcessMetrics.add(to: &text, started: state.startedAt)
        return text.text
    }

    private func addMesh(to text: inout PrometheusText) {
        text.add(
            "warren_machines", .gauge, "Registered machines by liveness.",
            Liveness.allCases.map { ([("liveness", $0.rawValue)], Double(state.machines[$0, default: 0])) })
        text.add("warren_peer_map_revision", .gauge, "The revision of the peer map.", Double(state.revision))
        text.add(
            "warren_registrations_total", .counter, "Registrations by result: new, known, or why they were refused.",
            Self.samples(counts.registrations, "result"))
        text.add("warren_heartbeats_total", .counter, "Heartbeats taken.", Double(counts.heartbeats))
        text.add("warren_streams_open", .gauge, "Machines that follow the peer map.", Double(state.streams))
        text.add(
            "warren_stream_lines_total", .counter, "Lines written to peer map streams by type.",
            Self.samples(counts.streamLines, "type"))
    }

    private func addRequests(to text: inout PrometheusText) {
        let requests = counts.requests.sorted { left, right in
            (left.key.route, left.key.method, left.key.status) < (right.key.route, right.key.method, right.key.status)
        }
        text.add(
            "warren_http_requests_total", .counter, "Requests answered.",
            requests.map { entry in
                let labels = [("route", entry.key.route), ("method", entry.key.method), ("status", "\(entry.key.status)")]
                return (labels, Double(entry.value))
            })
        text.add(
            "warren_http_request_duration_seconds", "From a request's head to the head of its answer.",
            counts.durations.sorted { $0.key < $1.key }.map { ([("route", $0.key)], $0.value) })
        text.add(
            "warren_http_malformed_requests_total", .counter, "Answers to what was no complete HTTP request.",
            counts.malformed.sorted { $0.key < $1.key }.map { ([("status", "\($0.key)")], Double($0.value)) })
    }

    private static func samples(
        _ counts: [String: Int], _ label: String
    ) -> [(labels: PrometheusText.Labels, value: Double)] {
        counts.sorted { $0.key < $1.key }.map { ([(label, $0.key)], Double($0.value)) }
    }
}

extension Coordinator {
    /// What the metrics say of the coordinator's state.
    struct MetricState: Sendable {
        var machines: [Liveness: Int] = [:]
        var revision: UInt64
        var streams: Int
        /// Seconds since 1970.
        var startedAt: Int64
    }

    var metricState: MetricState {
        let uptime = (clock.monotonic() - started).wholeMilliseconds / 1_000
        var state = MetricState(revision: position.revision, streams: streams.count, startedAt: clock.wall() - uptime)
        for machine in membership.registry.machines { state.machines[machine.liveness, default: 0] += 1 }
        return state
    }
}
