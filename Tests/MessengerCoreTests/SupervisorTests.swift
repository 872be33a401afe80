import Basics
import MeshModel
import MessengerLogic
import NIOCore
import NIOPosix
import Testing

@testable import MessengerCore

/// The listener follows this machine's mesh address.
struct SupervisorTests {
    private let here: Roster.Member
    private let there: Roster.Member
    private let peer: Roster.Member
    private let directory: StandInDirectory
    private let log = LogRecorder()
    private let state = MessengerState()
    private let settings: MessengerSettings
    private let supervisor: ListenerSupervisor
    private let files: TemporaryDirectory

    init() throws {
        here = try StandInMesh.member("oak")
        there = try StandInMesh.member("oak")
        peer = try StandInMesh.member("birch")
        files = try TemporaryDirectory()
        directory = StandInDirectory(.fails)
        var settings = MessengerSettings()
        settings.watchInterval = .milliseconds(5)
        self.settings = settings
        let receiver = MessageReceiver(
            directory: directory, store: try InboxStore(path: "\(files.path)/inbox.sqlite"), state: state, settings: settings,
            logger: log.logger)
        supervisor = ListenerSupervisor(
            directory: directory, receiver: receiver, connections: OpenConnections(budget: ConnectionBudget()), state: state,
            settings: settings, logger: log.logger, group: MultiThreadedEventLoopGroup.singleton)
    }

    private func isListening(_ address: IPAddress) async -> Bool {
        let answer = await Dialer.connect(
            from: peer.address, to: address, port: settings.port, within: .seconds(30), on: MultiThreadedEventLoopGroup.singleton)
        guard case .success(let connection) = answer else { return false }
        connection.close()
        return true
    }

    private func roster(_ own: Roster.Member?) -> StandInDirectory.Mood { .answers(Roster(own: own, others: [peer])) }

    @Test func itWaitsForTheAgentAndFollowsTheAddress() async throws {
        let running = Task { await supervisor.run() }
        #expect(await log.event("waiting-for-agent") != nil)
        #expect(await !isListening(here.address))

        directory.set(roster(nil))
        #expect(await log.event("waiting-for-mesh") != nil)

        let listening = log.next("listening")
        directory.set(roster(here))
        #expect(await listening.value(within: .seconds(30))?.fields["address"] == "\(here.address)")
        #expect(await isListening(here.address))
        #expect(state.listeningAddress == here.address)

        // Another address: the old one is given up, the new one taken.
        let moved = log.next("listening")
        directory.set(roster(there))
        #expect(await moved.value(within: .seconds(30))?.fields["address"] == "\(there.address)")
        #expect(await isListening(there.address))
        #expect(await !isListening(here.address))

        // The agent restarts: messages are received all the while.
        let silent = log.next("waiting-for-agent")
        directory.set(.fails)
        #expect(await silent.value(within: .seconds(30)) != nil)
        #expect(await isListening(there.address))

        // This machine has left the mesh.
        let stopped = log.next("listening-stopped")
        directory.set(roster(nil))
        #expect(await stopped.value(within: .seconds(30)) != nil)
        #expect(await !isListening(there.address))

        let again = log.next("listening")
        directory.set(roster(here))
        #expect(await again.value(within: .seconds(30)) != nil)
        running.cancel()
        await running.value
        #expect(await !isListening(here.address))
        #expect(state.listeningAddress == nil)
    }

    @Test func aTakenAddressIsTriedAgain() async throws {
        // Somebody else has the port.
        let other = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(to: try SocketAddress(here.address, port: Int(settings.port))).get()
        directory.set(roster(here))
        let running = Task { await supervisor.run() }
        let failed = await log.event("listen-failed")
        #expect(failed?.level == .error)
        #expect(failed?.fields["address"] == "\(here.address)")
        try await other.close()
        #expect(await log.event("listening") != nil)
        // Told once, however often it was tried.
        #expect(log.all("listen-failed").count == 1)
        running.cancel()
        await running.value
    }

    @Test func anAddressOnNoInterfaceIsListenedOnBeforehand() async throws {
        // TEST-NET-1: when the interface comes, nothing has to be done.
        let listener = try await MessageListener.bind(
            .v4(0xc000_0201), port: settings.port, connections: OpenConnections(budget: ConnectionBudget()), state: state,
            logger: log.logger, on: MultiThreadedEventLoopGroup.singleton)
        let serving = Task { try await listener.serve { _, _ in } }
        #expect(listener.port == Int(settings.port))
        serving.cancel()
        _ = await serving.result
    }
}
