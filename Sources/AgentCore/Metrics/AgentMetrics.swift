import Basics
import ControlProtocol
import FoundationEssentials
import Observability

/// Everything that the agent's `GET /metrics` says. docs/metrics.md describes each.
struct AgentMetrics: Sendable {
    let status: AgentStatus
    /// How often each event was logged.
    let events: [String: Int]
    /// When the agent started, in seconds since 1970.
    let started: Int64
    /// Of the interface; nil while it is not there.
    let traffic: Traffic?

    /// Since the interface was made.
    struct Traffic: Sendable {
        var received: Double
        var sent: Double

        /// From /sys/class/net (sysfs-class-net-statistics).
        init?(interface: String) {
            func read(_ name: String) -> Double? {
                guard let bytes = FileManager.default.contents(atPath: "/sys/class/net/\(interface)/statistics/\(name)") else {
                    return nil
                }
                return Double(String(decoding: bytes, as: UTF8.self).prefix { $0.isNumber })
            }
            guard let received = read("rx_bytes"), let sent = read("tx_bytes") else { return nil }
            (self.received, self.sent) = (received, sent)
        }
    }

    /// The states of peers, all of which are always there.
    private static let states = [
        "connected", "kept", "connecting", "no-endpoint", "not-configured", "unresponsive", "claims-ours", "outside-mesh",
        "duplicate",
    ]

    var text: String {
        var text = PrometheusText()
        text.add("warren_build_info", .gauge, "The version that runs.", [([("version", Version.current)], 1)])
        text.add(
            "warren_agent_registered", .gauge, "Whether this machine is registered: 0 or 1.", status.machine == nil ? 0 : 1)
        text.add(
            "warren_agent_coordinator_connected", .gauge, "Whether the peer map is followed: 0 or 1.",
            status.coordinator.connected ? 1 : 0)
        text.add("warren_agent_peers", .gauge, "Machines of the peer map by the state of their tunnels.", peers)
        if let revision = status.position?.revision {
            text.add("warren_agent_applied_revision", .gauge, "The revision of the peer map that is in place.", Double(revision))
        }
        if let oldest = status.peers.filter({ $0.path != nil }).compactMap(\.handshakeAgeSeconds).max() {
            text.add(
                "warren_agent_oldest_handshake_seconds", .gauge, "The age of the oldest handshake of the peers with a session.",
                oldest)
        }
        text.add(
            "warren_agent_names", .gauge, "Machines whose names are in the hosts file.", Double(status.names?.machines ?? 0))
        if let traffic {
            text.add(
                "warren_agent_interface_received_bytes_total", .counter,
                "Bytes out of the tunnels, since the interface was made.",
                traffic.received)
            text.add(
                "warren_agent_interface_sent_bytes_total", .counter, "Bytes into the tunnels, since the interface was made.",
                traffic.sent)
        }
        text.add(
            "warren_agent_events_total", .counter, "Events logged, by name: those of docs/logging.md.",
            events.sorted { $0.key < $1.key }.map { ([("event", $0.key)], Double($0.value)) })
        ProcessMetrics.add(to: &text, started: started)
        return text.text
    }

    private var peers: [(labels: PrometheusText.Labels, value: Double)] {
        var counts = Dictionary(Self.states.map { ($0, 0) }) { first, _ in first }
        for peer in status.peers { counts[peer.state ?? "not-configured", default: 0] += 1 }
        return counts.sorted { $0.key < $1.key }.map { ([("state", $0.key)], Double($0.value)) }
    }
}
