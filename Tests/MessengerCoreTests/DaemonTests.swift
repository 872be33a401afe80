import Basics
import ControlProtocol
import FoundationEssentials
import LocalControl
import MeshModel
import MessengerLogic
import Testing

@testable import MessengerCore

/// The whole daemon, with a stand-in agent on a real socket.
struct DaemonTests {
    private let files: TemporaryDirectory
    private let oak: Roster.Member
    private let log = LogRecorder()
    private let client: LocalControlClient

    init() throws {
        files = try TemporaryDirectory()
        oak = try StandInMesh.member("oak")
        client = LocalControlClient(socket: files.path + "/run/messenger.sock")
    }

    private func start(_ state: String = "state") -> Task<Void, any Error> {
        let messenger = Messenger(
            settings: MessengerSettings(stateDirectory: "\(files.path)/\(state)", runDirectory: "\(files.path)/run"),
            logger: log.logger)
        return Task { try await messenger.run() }
    }

    private func stop(_ messenger: Task<Void, any Error>) async throws {
        messenger.cancel()
        try await messenger.value
        #expect(log.events.last?.name == "messenger-stopped")
        #expect(!FileManager.default.fileExists(atPath: client.socket))
    }

    @Test func itServesItsControlSocket() async throws {
        try StateDirectory.make("\(files.path)/run")
        let agent = try await StandInAgent.start(in: files.path + "/run", .standIn(own: oak))
        let messenger = start()
        #expect(await log.event("listening")?.fields["address"] == "\(oak.address)")
        #expect(await log.event("control-listening") != nil)
        let mode = try FileManager.default.attributesOfItem(atPath: client.socket)[.posixPermissions] as? Int
        #expect(mode == 0o600)

        let empty: [InboxMessage] = try await client.get(MessengerControl.inbox)
        #expect(empty.isEmpty)
        let request = SendRequest(to: oak.name, text: "to \"myself\"\n", timeoutMilliseconds: 60_000)
        let result: SendResult = try await client.post(MessengerControl.send, body: request)
        #expect(result.outcome == .delivered)
        let longest = SendRequest(to: oak.name, text: String(repeating: "\u{1}", count: 16_384), timeoutMilliseconds: 60_000)
        #expect(try await client.post(MessengerControl.send, body: longest, as: SendResult.self).outcome == .delivered)

        let inbox: [InboxMessage] = try await client.get(MessengerControl.inbox + "?after=0&limit=1")
        #expect(inbox.map(\.text) == ["to \"myself\"\n"])
        #expect(inbox.first?.id == result.id)
        let rest: [InboxMessage] = try await client.get(MessengerControl.inbox + "?after=\(inbox.first?.sequence ?? -1)")
        #expect(rest.count == 1)

        let status: MessengerStatus = try await client.get(MessengerControl.status)
        #expect(status.name == oak.name)
        #expect(status.listening == "\(oak.address):7411")
        #expect(status.agentReachable)
        #expect(status.stored == 2)
        #expect(status.counters.delivered == 2)
        #expect(status.counters.received == 2)
        await agent.stop()
        try await stop(messenger)
    }

    @Test func bodiesAndQueriesAreValidated() async throws {
        let messenger = start()
        #expect(await log.event("control-listening") != nil)
        struct Anything: Codable {
            var to: String?
            var text: String?
            var timeoutMilliseconds: Double?
        }
        let bodies: [(Anything, String)] = [
            (Anything(), "bad-request"), (Anything(to: "Oak", text: "x", timeoutMilliseconds: 1), "bad-request"),
            (Anything(to: "oak", text: "x", timeoutMilliseconds: 1.5), "bad-request"),
            (Anything(to: "oak", text: "", timeoutMilliseconds: 1), "bad-text"),
            (Anything(to: "oak", text: String(repeating: "x", count: 16_385), timeoutMilliseconds: 1), "bad-text"),
            (Anything(to: "oak", text: "x", timeoutMilliseconds: 0), "bad-timeout"),
            (Anything(to: "oak", text: String(repeating: "x", count: 200_000), timeoutMilliseconds: 1), "bad-request"),
        ]
        for (body, code) in bodies {
            let error = await #expect(throws: CodedError.self) {
                try await client.post(MessengerControl.send, body: body, as: SendResult.self)
            }
            #expect(error?.code == code, "\(error.map { "\($0)" } ?? "")")
        }
        for query in ["?limit=0", "?limit=1001", "?limit=x", "?after=-1", "?after=1.5"] {
            let error = await #expect(throws: CodedError.self) {
                try await client.get(MessengerControl.inbox + query, as: [InboxMessage].self)
            }
            #expect(error?.code == "bad-request")
        }
        let lost = await #expect(throws: CodedError.self) { try await client.get("/v1/nothing", as: [InboxMessage].self) }
        #expect(lost?.code == "no-such-route")
        try await stop(messenger)
    }

    @Test func withoutAnAgentASendFailsAndSaysSo() async throws {
        let messenger = start()
        #expect(await log.event("waiting-for-agent") != nil)
        #expect(await log.event("control-listening") != nil)
        let request = SendRequest(to: oak.name, text: "x", timeoutMilliseconds: 60_000)
        let result: SendResult = try await client.post(MessengerControl.send, body: request)
        #expect(result.reason == .notAMember)
        let status: MessengerStatus = try await client.get(MessengerControl.status)
        #expect(!status.agentReachable)
        #expect(status.listening == nil)
        try await stop(messenger)
    }

    @Test func aStaleSocketIsReplacedAndALiveOneIsNot() async throws {
        // What a kill leaves behind: a socket that nobody listens on.
        try StateDirectory.make("\(files.path)/run")
        let leftover = try await HangingAgent.start(in: files.path + "/run", says: "")
        try FileManager.default.moveItem(atPath: files.path + "/run/agent.sock", toPath: client.socket)
        try await leftover.close()
        #expect(FileManager.default.fileExists(atPath: client.socket))
        let messenger = start()
        #expect(await log.event("control-listening") != nil)

        let sameState = await #expect(throws: CodedError.self) { try await start().value }
        #expect(sameState?.code == "already-running")
        let sameSocket = await #expect(throws: CodedError.self) { try await start("other").value }
        #expect(sameSocket?.code == "already-running")
        // The first one is none the worse for it.
        let status: MessengerStatus = try await client.get(MessengerControl.status)
        #expect(status.version == Version.current)
        try await stop(messenger)
    }

    @Test func aRestartKeepsTheInbox() async throws {
        try StateDirectory.make("\(files.path)/run")
        let agent = try await StandInAgent.start(in: files.path + "/run", .standIn(own: oak))
        let first = start()
        #expect(await log.event("listening") != nil)
        let request = SendRequest(to: oak.name, text: "kept", timeoutMilliseconds: 60_000)
        #expect(try await client.post(MessengerControl.send, body: request, as: SendResult.self).outcome == .delivered)
        try await stop(first)
        let listening = log.next("control-listening")
        let second = start()
        #expect(await listening.value(within: .seconds(30)) != nil)
        #expect(try await client.get(MessengerControl.inbox, as: [InboxMessage].self).map(\.text) == ["kept"])
        try await stop(second)
        await agent.stop()
    }
}
