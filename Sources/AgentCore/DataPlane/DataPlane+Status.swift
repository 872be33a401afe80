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
        return AgentStatus(
            version: Version.current,
            machine: state.registration.map {
                .init(id: $0.id, name: $0.name, meshAddress: $0.meshAddress, publicKey: state.publicKey)
            },
            coordinator: .init(url: state.identity.coordinator, connected: state.isConnected, lastError: state.lastError),
            backend: backend.name, interface: settings.interface, listenPort: settings.listenPort, position: state.applied,
            peers: peers.map { Self.status(of: $0, observed[$0.publicKey], wallClock) })
    }

    private static func status(of peer: Peer, _ observed: WireGuardPeer?, _ now: HandshakeTime) -> AgentStatus.PeerStatus {
        AgentStatus.PeerStatus(
            id: peer.id, name: peer.name, meshAddress: peer.meshAddress, publicKey: peer.publicKey, liveness: peer.liveness,
            configured: observed?.allowedIPs.contains(IPPrefix(host: peer.meshAddress)) ?? false,
            endpoint: observed?.endpoint, handshakeAgeSeconds: observed?.lastHandshake?.age(at: now).inSeconds,
            receivedBytes: observed?.receivedBytes ?? 0, sentBytes: observed?.sentBytes ?? 0)
    }
}
