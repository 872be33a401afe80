import AgentLogic
import Basics
import ControlProtocol
import Glibc
import MeshModel
import WireGuardModel

extension DataPlane {
    /// What is, read from the device at this moment.
    func status() -> AgentStatus {
        let state = membership.current
        let device = try? backend.read()
        let observed = Dictionary((device?.peers ?? []).map { ($0.publicKey, $0) }) { first, _ in first }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let wallClock = HandshakeTime(seconds: Int64(now.tv_sec), nanoseconds: Int32(now.tv_nsec))
        let peers = state.map.peers.values.filter { $0.id != state.registration?.id }.sorted { $0.name < $1.name }
            .map(pins.inForce)
        let refused = pins.refused
        let kept = keptPeers.kept
        return AgentStatus(
            version: Version.current,
            machine: state.registration.map {
                .init(
                    id: $0.id, name: $0.name, meshAddress: $0.meshAddress, meshAddress6: $0.ipv6?.address,
                    publicKey: state.publicKey)
            },
            coordinator: .init(url: state.identity.coordinator, connected: state.isConnected, lastError: state.lastError),
            backend: backend.name, backendReason: backend.reason, interface: settings.interface, listenPort: settings.listenPort,
            position: state.applied,
            peers: peers.map { peer in
                var status = Self.status(of: peer, observed[peer.publicKey], isKept: kept.contains(peer.id), wallClock)
                status.refusedChange = refused[peer.id]?.rawValue
                return condition(of: peer, in: status)
            }, uptimeSeconds: (MonotonicTime.now - started).inSeconds)
    }

    /// Adds how it stands with the peer.
    private func condition(of peer: Peer, in status: AgentStatus.PeerStatus) -> AgentStatus.PeerStatus {
        let condition = PeerCondition(
            .init(
                isConfigured: status.configured, rejected: settled.rejected[peer.id],
                hasSession: formation.hasSession(peer.publicKey), isKept: status.kept ?? false, liveness: peer.liveness,
                candidates: peer.endpoints.count,
                trying: formation.wanted(peer.publicKey, allowedIPs: [], start: nil)?.endpoint ?? status.endpoint,
                attempts: formation.attempts(peer.publicKey)))
        var status = status
        status.state = condition.code
        status.why = condition.why
        if condition.isConnected { status.path = "direct" } else { status.attempts = formation.attempts(peer.publicKey) }
        return status
    }

    private static func status(
        of peer: Peer, _ observed: WireGuardPeer?, isKept: Bool, _ now: HandshakeTime
    ) -> AgentStatus.PeerStatus {
        let isConfigured = observed?.allowedIPs.contains(IPPrefix(host: peer.meshAddress)) ?? false
        return AgentStatus.PeerStatus(
            id: peer.id, name: peer.name, meshAddress: peer.meshAddress, meshAddress6: peer.meshAddress6,
            publicKey: peer.publicKey, liveness: peer.liveness, configured: isConfigured,
            kept: isKept && isConfigured ? true : nil,
            endpoint: observed?.endpoint, handshakeAgeSeconds: observed?.lastHandshake?.age(at: now).inSeconds,
            receivedBytes: observed?.receivedBytes ?? 0, sentBytes: observed?.sentBytes ?? 0)
    }
}
