import Basics
import ControlProtocol
import LocalControl
import MeshModel
import MessengerLogic
import Testing

@testable import MessengerCore

/// `GET /v1/members`: who is in the mesh, as the agent sees it.
struct MembersRouteTests {
    @Test func presenceIsWhatTheAgentSays() async throws {
        let files = try TemporaryDirectory()
        let log = LogRecorder()
        try StateDirectory.make(files.path + "/run")
        let messenger = Messenger(
            settings: MessengerSettings(stateDirectory: files.path + "/state", runDirectory: files.path + "/run"),
            logger: log.logger)
        let running = Task { try await messenger.run() }
        #expect(await log.event("control-listening") != nil)
        let client = LocalControlClient(socket: files.path + "/run/messenger.sock")
        let silent = await #expect(throws: CodedError.self) {
            try await client.get(MessengerControl.members, as: MeshMembers.self)
        }
        #expect(silent?.code == "not-a-member")

        let oak = try StandInMesh.member("oak")
        let peers = try ["fir", "birch", "cedar", "elm", "doum"].map { try StandInMesh.member($0, isReachable: $0 != "elm") }
        var status = try AgentStatus.standIn(own: oak, peers: peers)
        // fir is doubted, birch has no tunnel yet, cedar is kept against the coordinator's verdict.
        status.peers[0].liveness = .suspect
        status.peers[1].state = "connecting"
        status.peers[2].liveness = .unresponsive
        status.peers[2].state = "kept"
        status.peers[4].state = "connected"
        let agent = try await StandInAgent.start(in: files.path + "/run", status)
        let members: MeshMembers = try await client.get(MessengerControl.members)
        #expect(members.own == .init(name: oak.name, address: oak.address))
        #expect(members.members.map(\.name.text) == ["birch", "cedar", "doum", "elm", "fir"])
        #expect(members.members.map(\.presence) == [.unsure, .unsure, .reachable, .away, .unsure])
        await agent.stop()
        running.cancel()
        try await running.value
    }
}
