import Basics
import ControlProtocol
import Glibc
import MeshModel
import MessengerLogic
import NIOCore
import NIOPosix
import Testing

@testable import MessengerCore
import Timing

/// Sends over real TCP on loopback addresses: each ends in one outcome within its bound.
struct SendingTests {
    private let oak: Roster.Member
    private let birch: Roster.Member
    private let directory: StandInDirectory
    private let log = LogRecorder()
    private let state = MessengerState()
    private let sender: MessageSender
    private let settings: MessengerSettings
    private let files: TemporaryDirectory
    private let outbox: OutboxStore

    init() throws {
        oak = try StandInMesh.member("oak")
        birch = try StandInMesh.member("birch")
        let elm = try StandInMesh.member("elm", isReachable: false)
        directory = StandInDirectory(.answers(Roster(own: oak, others: [birch, elm])))
        var settings = MessengerSettings()
        settings.sendsAtOnce = 3
        settings.directoryDeadline = .seconds(60)
        settings.rosterAge = .zero
        self.settings = settings
        files = try TemporaryDirectory()
        outbox = try OutboxStore(path: "\(files.path)/outbox.sqlite")
        sender = MessageSender(
            directory: directory, outbox: outbox, state: state, settings: settings, logger: log.logger,
            group: MultiThreadedEventLoopGroup.singleton)
    }

    private func send(_ text: String = "hi", to name: String = "birch", within milliseconds: Int = 60_000) async throws
        -> SendResult
    {
        try await sender.send(SendRequest(to: try #require(MachineName(name)), text: text, timeoutMilliseconds: milliseconds))
    }

    @Test func aMessageArrivesUnderTheSendersName() async throws {
        let station = try await Station(birch, knows: [oak])
        let result = try await send("hello there")
        #expect(result.outcome == .delivered)
        #expect(result.reason == nil)
        let inbox = try await station.store.messages(after: nil, limit: 10)
        #expect(inbox.map(\.id) == [result.id])
        #expect(inbox.map(\.from) == [oak.name])
        #expect(inbox.map(\.text) == ["hello there"])
        #expect(log.events.map(\.name) == ["message-sent", "message-delivered"])
        #expect(log.events.last?.fields["id"] == result.id)
        #expect(log.events.last?.fields["to"] == "birch")
        #expect(state.counters.delivered == 1)
        #expect(log.events.allSatisfy { !$0.fields.values.contains { $0.contains("hello there") } })
        await station.stop()
    }

    @Test func fiftySendsInTurnAndThreeAtATimeAllArrive() async throws {
        let station = try await Station(birch, knows: [oak])
        for _ in 0..<50 { #expect(try await send().outcome == .delivered) }
        async let one = send("a")
        async let two = send("b")
        async let three = send("c")
        #expect(try await [one.outcome, two.outcome, three.outcome] == [.delivered, .delivered, .delivered])
        #expect(try await station.store.count() == 53)
        await station.stop()
    }

    @Test func oneMayWriteToOneself() async throws {
        let station = try await Station(oak)
        #expect(try await send(to: "oak").outcome == .delivered)
        #expect(try await station.store.messages(after: nil, limit: 1).map(\.from) == [oak.name])
        await station.stop()
    }

    @Test func aSendThatCannotSucceedFailsAtOnce() async throws {
        #expect(try await failure(to: "larch") == .unknownName)
        #expect(try await failure(to: "elm") == .notReachable)
        // Nobody listens there.
        #expect(try await failure(to: "birch") == .refused)
        // The other end does not know this machine.
        let station = try await Station(birch, knows: [])
        #expect(try await failure(to: "birch") == .refused)
        await station.stop()
        directory.set(.answers(Roster(own: nil, others: [])))
        #expect(try await failure(to: "birch") == .notAMember)
        directory.set(.fails)
        #expect(try await failure(to: "birch") == .notAMember)
        #expect(state.counters.failed == 6)
        #expect(
            log.all("message-failed").map { $0.fields["reason"] ?? "" } == [
                "unknown-name", "not-reachable", "refused", "refused", "not-a-member", "not-a-member",
            ])
    }

    /// The reason of a send that has a minute and must not use it.
    private func failure(to name: String) async throws -> SendResult.Reason? {
        let start = MonotonicTime.now
        let result = try await send(to: name)
        #expect(MonotonicTime.now - start < .seconds(20))
        #expect(result.outcome == .failed)
        return result.reason
    }

    @Test func aMachineRemovedAMomentAgoIsNotReachable() async throws {
        let station = try await Station(birch, knows: [oak])
        #expect(try await send().outcome == .delivered)
        let dropped = Roster.Member(id: birch.id, name: birch.name, address: birch.address, isReachable: false)
        directory.set(.answers(Roster(own: oak, others: [dropped])))
        #expect(try await send().reason == .notReachable)
        await station.stop()
    }

    @Test func aDirectoryThatHangsDoesNotHoldTheSend() async throws {
        directory.set(.hangs)
        try await expectTimeout(.notAMember)
    }

    @Test func aReceiverThatNeverSpeaksDoesNotHoldTheSend() async throws {
        let mute = try await MutePeer.listen(on: birch.address, port: settings.port, answers: [])
        try await expectTimeout(.timedOut)
        try await mute.close()
    }

    @Test func aReceiverThatNeverAcknowledgesDoesNotHoldTheSend() async throws {
        let mute = try await MutePeer.listen(
            on: birch.address, port: settings.port, answers: [.welcome(Welcome(version: 1, program: "mute"))])
        try await expectTimeout(.timedOut)
        try await mute.close()
    }

    @Test func aReceiverThatTakesNoConnectionDoesNotHoldTheSend() async throws {
        let full = try FullListener(birch.address, port: settings.port)
        try await expectTimeout(.timedOut)
        full.close()
    }

    /// Sends with a short bound. On a machine so busy that the step that hangs is not reached within it, with a longer one.
    private func expectTimeout(_ reason: SendResult.Reason) async throws {
        for bound in [200, 1_000, 5_000] {
            let start = MonotonicTime.now
            let result = try await send(within: bound)
            let took = MonotonicTime.now - start
            #expect(result.outcome == .failed)
            #expect(took >= .milliseconds(bound * 9 / 10 - 10) && took < .milliseconds(bound + 10_000), "\(took)")
            if result.reason == reason { return }
            #expect(result.reason == .notAMember, "\(result.detail)")
        }
        Issue.record("the step that hangs was never reached")
    }

    @Test func aReceiverThatBreaksTheProtocolIsSaidTo() async throws {
        let welcome = Frame.welcome(Welcome(version: 1, program: "odd"))
        let cases: [([Frame], SendResult.Reason)] = [
            ([welcome, .acknowledge(.random())], .protocolError),
            ([welcome, welcome], .protocolError),
            ([.acknowledge(.random())], .protocolError),
            ([.welcome(Welcome(version: 7, program: "odd"))], .protocolError),
            ([welcome, .refuse(Refusal(.notStored, "disk full"))], .refused),
            ([.refuse(Refusal(.unsupportedVersion, "old"))], .protocolError),
        ]
        for (answers, reason) in cases {
            let receiver = try StandInMesh.member("birch")
            directory.set(.answers(Roster(own: oak, others: [receiver])))
            let odd = try await MutePeer.listen(on: receiver.address, port: settings.port, answers: answers)
            let result = try await send()
            #expect(result.reason == reason, "\(answers): \(result.detail)")
            try await odd.close()
        }
    }

    @Test func aReceiverThatDiesBeforeItAcknowledgesIsNoDelivery() async throws {
        let dying = try await MutePeer.listen(
            on: birch.address, port: settings.port, answers: [.welcome(Welcome(version: 1, program: "")), nil])
        let result = try await send()
        #expect(result.reason == .protocolError)
        #expect(result.detail.contains("may have stored"))
        try await dying.close()
    }

    @Test func aSendThatIsNotAllowedIsNotBegun() async throws {
        for (text, timeout, code) in [("", 100, "bad-text"), ("x", 0, "bad-timeout"), ("x", 300_001, "bad-timeout")] {
            let error = await #expect(throws: CodedError.self) { try await send(text, within: timeout) }
            #expect(error?.code == code)
        }
        #expect(log.events.isEmpty)
    }

    @Test func thereIsALimitToSendsAtOnce() async throws {
        let answer = OneShot<Roster>()
        directory.set(.answersWhenSet(answer))
        async let held = withThrowingTaskGroup(of: SendResult.self) { group in
            for _ in 0..<3 { group.addTask { try await send() } }
            return try await group.reduce(into: [SendResult]()) { $0.append($1) }
        }
        // Three are under way when three are in the outbox; those that join at one time ask the directory once.
        let start = MonotonicTime.now
        while try await outbox.messages(limit: 10).count < 3, MonotonicTime.now - start < .seconds(30) { await Task.yield() }
        try #require(await directory.wasAsked(times: 1))
        let busy = await #expect(throws: CodedError.self) { try await send() }
        #expect(busy?.code == "busy")
        answer.set(Roster(own: oak, others: []))
        #expect(try await held.map(\.reason) == [.unknownName, .unknownName, .unknownName])
        #expect(try await send().reason == .unknownName)
    }

    @Test(arguments: [
        (ECONNREFUSED, ConnectFailure.refused), (EADDRNOTAVAIL, .noOwnAddress), (ETIMEDOUT, .timedOut),
    ])
    func theSystemsErrorsHaveTheirMeaning(number: CInt, failure: ConnectFailure) {
        #expect(Dialer.failure(IOError(errnoCode: number, reason: "connect")) == failure)
    }

    @Test(arguments: [ENETUNREACH, EHOSTUNREACH, ENETDOWN, ENOKEY, EDESTADDRREQ])
    func noRouteMeansUnreachable(number: CInt) {
        guard case .unreachable = Dialer.failure(IOError(errnoCode: number, reason: "connect")) else {
            Issue.record("\(number) is something else")
            return
        }
    }

    @Test func anOwnAddressThatIsNotThereIsSaidSo() async throws {
        // TEST-NET-1: on no interface.
        directory.set(
            .answers(
                Roster(
                    own: Roster.Member(id: oak.id, name: oak.name, address: .v4(0xc000_0201), isReachable: true), others: [birch])
            ))
        #expect(try await send().reason == .notAMember)
    }
}
