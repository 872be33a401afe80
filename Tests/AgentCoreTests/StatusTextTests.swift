import ControlProtocol
import MeshModel
import Testing

@testable import AgentCore

@Suite struct StatusTextTests {
    private func status(registered: Bool) throws -> AgentStatus {
        let own = try peer(1)
        func peerStatus(_ digit: Int, _ liveness: Liveness, _ age: Double?) throws -> AgentStatus.PeerStatus {
            let peer = try peer(digit)
            return .init(
                id: peer.id, name: peer.name, meshAddress: peer.meshAddress, publicKey: peer.publicKey, liveness: liveness,
                configured: age != nil, endpoint: age == nil ? nil : peer.endpoints.first, handshakeAgeSeconds: age,
                receivedBytes: 2_048, sentBytes: 92)
        }
        return AgentStatus(
            version: "0.1.0",
            machine: registered
                ? .init(id: own.id, name: own.name, meshAddress: own.meshAddress, publicKey: own.publicKey) : nil,
            coordinator: .init(url: "https://192.0.2.250:7400", connected: registered, lastError: registered ? nil : "no answer"),
            backend: "wireguard-go", backendReason: registered ? "the kernel has no WireGuard" : nil, interface: "warren0",
            listenPort: 51_820,
            position: registered ? PeerMapPosition(epoch: "e1", revision: 7) : nil,
            peers: registered ? [try peerStatus(2, .alive, 12.3), try peerStatus(3, .unresponsive, nil)] : [])
    }

    @Test func aMemberOfAMesh() throws {
        #expect(
            StatusText.render(try status(registered: true)) == """
                machine      n1  100.64.0.1  (m-0000000000000001)
                key          AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=
                coordinator  https://192.0.2.250:7400  connected
                interface    warren0  UDP port 51820  wireguard-go (the kernel has no WireGuard)
                peer map     e1:7

                PEER  MESH ADDRESS  LIVENESS      CONFIGURED  ENDPOINT         HANDSHAKE  RECEIVED  SENT
                n2    100.64.0.2    alive         yes         192.0.2.2:51820  12s ago    2.0 KiB   92 B
                n3    100.64.0.3    unresponsive  no          -                never      2.0 KiB   92 B
                """)
    }

    @Test func notYetAMember() throws {
        #expect(
            StatusText.render(try status(registered: false)) == """
                machine      not registered yet
                coordinator  https://192.0.2.250:7400  not connected: no answer
                interface    warren0  UDP port 51820  wireguard-go
                peer map     none yet

                no peers
                """)
    }
}
