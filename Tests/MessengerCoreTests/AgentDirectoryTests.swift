import Basics
import ControlProtocol
import MeshModel
import MessengerLogic
import Testing

@testable import MessengerCore
import Timing

/// The directory as the agent gives it, over a real socket.
struct AgentDirectoryTests {
    private let files: TemporaryDirectory
    private let directory: AgentDirectory

    init() throws {
        files = try TemporaryDirectory()
        directory = AgentDirectory(socket: files.path + "/agent.sock")
    }

    @Test func itIsWhatTheAgentSaysNow() async throws {
        let oak = try StandInMesh.member("oak")
        let birch = try StandInMesh.member("birch")
        let elm = try StandInMesh.member("elm", isReachable: false)
        let agent = try await StandInAgent.start(in: files.path, .standIn(own: nil))
        #expect(try await directory.roster() == Roster(own: nil, others: []))
        agent.set(try .standIn(own: oak, peers: [birch, elm]))
        #expect(try await directory.roster() == Roster(own: oak, others: [birch, elm]))
        await agent.stop()
    }

    @Test func anAgentThatIsNotThereIsFoundOutAtOnce() async {
        let start = MonotonicTime.now
        let answer = await directory.roster(within: .seconds(60))
        #expect(MonotonicTime.now - start < .seconds(20))
        guard case .failure(let error) = answer else {
            Issue.record("somebody answered")
            return
        }
        #expect(error.message.contains("agent.sock"))
    }

    /// Silent; a head and nothing more; a head, and a body that does not end; nonsense.
    @Test(arguments: [
        "", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
        "no http at all\r\n\r\n",
    ])
    func anAgentThatHangsHoldsNobody(answer: String) async throws {
        let agent = try await HangingAgent.start(in: files.path, says: answer)
        let start = MonotonicTime.now
        guard case .failure = await directory.roster(within: .milliseconds(300)) else {
            Issue.record("that was no answer")
            return
        }
        #expect(MonotonicTime.now - start < .seconds(20))
        try await agent.close()
    }
}
