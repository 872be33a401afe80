import ControlProtocol
import MeshModel
import Testing

@testable import AgentCore

@Suite struct StatusTextTests {
    private func status(registered: Bool) throws -> AgentStatus {
        let own = try peer(1)
        func peerStatus(_ digit: Int, _ liveness: Liveness, _ age: Double?) throws -> AgentStatus.PeerStatus {
            let peer = try peer(digit)
            var status = AgentStatus.PeerStatus(
                id: peer.id, name: peer.name, meshAddress: peer.meshAddress, publicKey: peer.publicKey, liveness: liveness,
                configured: true, endpoint: peer.endpoints.first, handshakeAgeSeconds: age,
                receivedBytes: 2_048, sentBytes: 92)
            status.state = age == nil ? "connecting" : "connected"
            status.why = age == nil ? "no answer" : nil
            status.path = age == nil ? nil : "direct"
            status.attempts = age == nil ? 3 : nil
            status.roundTripMilliseconds = age == nil ? nil : 0.4321
            return status
        }
        var status = AgentStatus(
            version: "0.1.0",
            machine: registered
                ? .init(id: own.id, name: own.name, meshAddress: own.meshAddress, publicKey: own.publicKey) : nil,
            coordinator: .init(url: "https://192.0.2.250:7400", connected: registered, lastError: registered ? nil : "no answer"),
            backend: "wireguard-go", backendReason: registered ? "the kernel has no WireGuard" : nil, interface: "warren0",
            listenPort: 51_820,
            position: registered ? PeerMapPosition(epoch: "e1", revision: 7) : nil,
            peers: registered ? [try peerStatus(2, .alive, 12.3), try peerStatus(3, .suspect, nil)] : [])
        if registered { status.names = .init(file: "/etc/hosts", suffix: "warren.internal", machines: 3, leftAlone: ["n2"]) }
        status.problems = status.troubles
        return status
    }

    @Test func aMemberOfAMesh() throws {
        #expect(
            StatusText.render(try status(registered: true)) == """
                machine      n1  100.64.0.1  (m-0000000000000001)
                key          AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=
                coordinator  https://192.0.2.250:7400  connected
                interface    warren0  UDP port 51820  wireguard-go (the kernel has no WireGuard)
                peer map     e1:7
                names        3 as NAME and NAME.warren.internal in /etc/hosts; left to other lines: n2
                peers        1 of 2 connected

                PEER  MESH ADDRESS  STATE                ENDPOINT         HANDSHAKE  ROUND TRIP  RECEIVED  SENT  REMARKS
                n2    100.64.0.2    connected            192.0.2.2:51820  12s ago    0.43ms      2.0 KiB   92 B
                n3    100.64.0.3    connecting, suspect  192.0.2.3:51820  never      -           2.0 KiB   92 B  no answer

                ! no session with n3
                  > "warren-agent peers NAME" says where it is tried; UDP to that endpoint must get through
                """)
    }

    @Test func onePeerInDetail() throws {
        let text = StatusText.detail(try #require(try status(registered: true).peers.last))
        #expect(
            text == """
                peer         n3  100.64.0.3  (m-0000000000000003)
                key          AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=
                state        connecting, suspect: no answer
                coordinator  calls it suspect
                path         none
                trying       192.0.2.3:51820  3 handshakes so far
                handshake    never
                traffic      2.0 KiB received, 92 B sent
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

                ! this machine is in no mesh yet: no answer
                  > "warren-agent netcheck" says whether the coordinator can be reached; a token that was refused needs a new one
                """)
    }

    /// Each trouble has its words; a healthy mesh has none.
    @Test func troubles() throws {
        var status = try status(registered: true)
        status.peers.removeLast()
        #expect(status.troubles.isEmpty)
        status.coordinator = .init(url: "https://192.0.2.250:7400", connected: false, lastError: "no answer")
        status.names?.complaint = "read-only"
        status.peers[0].configured = false
        status.peers[0].path = nil
        status.peers[0].why = "refused: another machine has the same key or mesh address"
        #expect(status.troubles.map(\.code) == ["coordinator-away", "peers-refused", "names-not-written"])
    }
}
