import ControlProtocol
import FoundationEssentials
import MeshModel
import Testing

@testable import AgentCore

@Suite struct AgentMetricsTests {
    private static let document =
        #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/docs/metrics.md"

    private func page() throws -> String {
        var connected = try AgentStatus.PeerStatus(
            id: peer(2).id, name: peer(2).name, meshAddress: peer(2).meshAddress, publicKey: peer(2).publicKey, liveness: .alive,
            configured: true, endpoint: nil, handshakeAgeSeconds: 12.5, receivedBytes: 1, sentBytes: 2)
        connected.state = "connected"
        connected.path = "direct"
        let status = AgentStatus(
            version: "0", machine: nil, coordinator: .init(url: "u", connected: true, lastError: nil), backend: "b",
            interface: "lo",
            listenPort: 1, position: PeerMapPosition(epoch: "e", revision: 7), peers: [connected])
        return AgentMetrics(
            status: status, events: ["peer-added": 3], started: 1, traffic: AgentMetrics.Traffic(interface: "lo")
        ).text
    }

    @Test func whatIsCounted() throws {
        let lines = try page().split(separator: "\n").map(String.init)
        for expected in [
            "warren_agent_registered 0", "warren_agent_coordinator_connected 1", "warren_agent_peers{state=\"connected\"} 1",
            "warren_agent_peers{state=\"connecting\"} 0", "warren_agent_applied_revision 7",
            "warren_agent_oldest_handshake_seconds 12.5", "warren_agent_events_total{event=\"peer-added\"} 3",
        ] { #expect(lines.contains(expected), "\(expected)") }
    }

    @Test func theDocumentHasEveryMetricAndNoOther() throws {
        let names = Set(
            try page().split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map { String($0.split(separator: " ")[2]) })
        let text = String(decoding: try #require(FileManager.default.contents(atPath: Self.document)), as: UTF8.self)
        let part = try #require(text.firstRange(of: "\n## The agent"))
        #expect(Set(text[part.upperBound...].matches(of: #/(?m)^\| `([a-z_]+)/#).map { String($0.1) }) == names)
    }
}
