import Basics
import ControlProtocol
import MeshModel
import MessengerLogic
import NIOPosix
import Testing

@testable import MessengerCore
import Timing

/// Queued messages, the line and the kept connection, over real TCP and real SQLite.
struct OutboxTests {
    private let oak: Roster.Member
    private let birch: Roster.Member
    private let directory: StandInDirectory
    private let log = LogRecorder()
    private let files: TemporaryDirectory
    private var path: String { "\(files.path)/outbox.sqlite" }

    init() throws {
        oak = try StandInMesh.member("oak")
        birch = try StandInMesh.member("birch")
        directory = StandInDirectory(.answers(Roster(own: oak, others: [birch])))
        files = try TemporaryDirectory()
    }

    private func sender(_ outbox: OutboxStore) -> MessageSender {
        var settings = MessengerSettings()
        settings.rosterAge = .zero
        settings.followInterval = .milliseconds(10)
        settings.line.backoff = Backoff(first: .milliseconds(20), cap: .milliseconds(100))
        return MessageSender(
            directory: directory, outbox: outbox, state: MessengerState(), settings: settings, logger: log.logger,
            group: MultiThreadedEventLoopGroup.singleton)
    }

    private func queue(_ text: String, keepFor: Int? = 3_600_000) -> SendRequest {
        SendRequest(to: birch.name, text: text, timeoutMilliseconds: 60_000, expiresMilliseconds: keepFor)
    }

    private func setDropped(_ isDropped: Bool) {
        let member = Roster.Member(id: birch.id, name: birch.name, address: birch.address, isReachable: !isDropped)
        directory.set(.answers(Roster(own: oak, others: [member])))
    }

    /// Waits until so many messages were told to be delivered.
    private func delivered(_ count: Int) async -> Bool {
        let start = MonotonicTime.now
        while log.all("message-delivered").count < count {
            if MonotonicTime.now - start > .seconds(30) { return false }
            await Task.yield()
        }
        return true
    }

    @Test func queuedMessagesArriveInOrderWhenTheMachineIsBack() async throws {
        let outbox = try OutboxStore(path: path)
        let sender = sender(outbox)
        let following = Task { await sender.run() }
        setDropped(true)
        for number in 1...20 { #expect(try await sender.send(queue("\(number)")).outcome == .queued) }
        #expect(try await outbox.queued() == 20)
        let station = try await Station(birch, knows: [oak])
        setDropped(false)
        // A direct send goes behind them.
        #expect(try await sender.send(queue("last", keepFor: nil)).outcome == .delivered)
        #expect(await delivered(21))
        let texts = try await station.store.messages(after: 0, limit: 100).map(\.text)
        #expect(texts == (1...20).map { "\($0)" } + ["last"])
        #expect(try await outbox.messages(limit: 100).map(\.outcome) == Array(repeating: .delivered, count: 21))
        // All over one connection.
        #expect(station.connections.count == 1)
        following.cancel()
        await following.value
        await station.stop()
    }

    @Test func whatIsQueuedSurvivesTheMessenger() async throws {
        setDropped(true)
        let first = try OutboxStore(path: path)
        let ids = try await [sender(first).send(queue("one")).id, sender(first).send(queue("two")).id]
        // Killed in the middle of a direct send and of a queued one that nobody was told about.
        let direct = MessageID.random()
        _ = try await first.add(direct, to: birch.name, text: try MessageText("direct"), keepFor: nil, timeout: 5_000)
        let untold = MessageID.random()
        _ = try await first.add(
            untold, to: birch.name, text: try MessageText("three"), keepFor: 3_600_000, timeout: 5_000)
        try first.close()

        let second = try OutboxStore(path: path)
        let station = try await Station(birch, knows: [oak])
        // The receiver has one of them already, and was killed before it could say so.
        let key = MessageKey(sender: oak.id, id: try #require(MessageID(ids[0])))
        _ = try await station.store.store(key, from: oak, text: try MessageText("one"))
        setDropped(false)
        let sender = sender(second)
        try await sender.resume()
        let following = Task { await sender.run() }
        #expect(await delivered(3))
        #expect(try await station.store.messages(after: 0, limit: 100).map(\.text) == ["one", "two", "three"])
        let sent = try await second.messages(limit: 10)
        #expect(sent.map(\.outcome) == [.delivered, .delivered, .failed, .delivered])
        #expect(sent.map(\.reason) == [nil, nil, .interrupted, nil])
        #expect(log.all("outbox-resumed").first?.fields["messages"] == "3")
        following.cancel()
        await following.value
        await station.stop()
    }

    @Test func anExpiryEndsAQueuedMessage() async throws {
        let outbox = try OutboxStore(path: path)
        let sender = sender(outbox)
        setDropped(true)
        let failed = log.next("message-failed")
        let result = try await sender.send(queue("late", keepFor: 2_000))
        #expect(result.outcome == .queued)
        #expect(await failed.value(within: .seconds(30))?.fields["reason"] == "expired")
        let sent = try #require(try await outbox.messages(limit: 1).first)
        #expect(sent.outcome == .failed)
        #expect(sent.reason == .expired)
        #expect(sent.endedAt != nil)
    }

    @Test func aMachineThatIsDroppedFailsWaitingSendsAtOnce() async throws {
        let outbox = try OutboxStore(path: path)
        let sender = sender(outbox)
        let following = Task { await sender.run() }
        let mute = try await MutePeer.listen(
            on: birch.address, port: 7_411, answers: [.welcome(Welcome(version: 1, program: "mute"))])
        let onItsWay = log.next("message-sent")
        async let waiting = sender.send(queue("x", keepFor: nil))
        #expect(await onItsWay.value(within: .seconds(30)) != nil)
        let start = MonotonicTime.now
        setDropped(true)
        #expect(try await waiting.reason == .notReachable)
        #expect(MonotonicTime.now - start < .seconds(4))
        following.cancel()
        await following.value
        try await mute.close()
    }

    @Test func aConnectionThatTheReceiverGaveUpIsReplacedUnnoticed() async throws {
        let outbox = try OutboxStore(path: path)
        let sender = sender(outbox)
        let station = try await Station(birch, knows: [oak])
        for number in 1...10 {
            #expect(try await sender.send(queue("\(number)", keepFor: nil)).outcome == .delivered)
            station.connections.closeAll()
        }
        #expect(try await station.store.count() == 10)
        await station.stop()
    }

    @Test func everySendIsRecordedWithItsOutcome() async throws {
        let outbox = try OutboxStore(path: path)
        let sender = sender(outbox)
        #expect(try await sender.send(queue("a", keepFor: nil)).reason == .refused)
        let station = try await Station(birch, knows: [oak])
        #expect(try await sender.send(queue("b", keepFor: nil)).outcome == .delivered)
        let sent = try await outbox.messages(limit: 10)
        #expect(sent.map(\.text) == ["a", "b"])
        #expect(sent.map(\.outcome) == [.failed, .delivered])
        #expect(sent.map(\.reason) == [.refused, nil])
        #expect(sent.allSatisfy { $0.to == birch.name && $0.endedAt != nil && $0.expiresAt == nil })
        await station.stop()
    }

    @Test func aHundredSendsAtOnceAllArriveOnceOverOneConnection() async throws {
        let outbox = try OutboxStore(path: path)
        let sender = sender(outbox)
        let station = try await Station(birch, knows: [oak])
        let outcomes = try await withThrowingTaskGroup(of: SendResult.Outcome.self) { group in
            for number in 0..<100 { group.addTask { try await sender.send(queue("\(number)", keepFor: nil)).outcome } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes == Array(repeating: .delivered, count: 100))
        #expect(try await station.store.count() == 100)
        #expect(station.connections.count == 1)
        await station.stop()
    }

    @Test func aFullInboxRefusesWithThatReasonAndKnowsItsDuplicates() async throws {
        let outbox = try OutboxStore(path: path)
        let sender = sender(outbox)
        let station = try await Station(birch, knows: [oak]) { $0.inbox = InboxLimits(messages: 2, bytes: 100) }
        let first = try await sender.send(queue("one", keepFor: nil))
        #expect(first.outcome == .delivered)
        // Too many bytes, then too many messages.
        #expect(try await sender.send(queue(String(repeating: "x", count: 98), keepFor: nil)).reason == .receiverFull)
        #expect(try await sender.send(queue("two", keepFor: nil)).outcome == .delivered)
        #expect(try await sender.send(queue("three", keepFor: nil)).reason == .receiverFull)
        #expect(try await sender.send(queue("four")).outcome == .queued)
        #expect(try await station.store.messages(after: 0, limit: 10).map(\.text) == ["one", "two"])
        let connection = try await station.greet(from: oak.address)
        let id = try #require(MessageID(first.id))
        #expect(try await connection.ask(.message(id, try MessageText("one"))) == .acknowledge(id))
        #expect(station.log.all("inbox-full").count >= 3)
        // Opened again, it is as full as before.
        let again = try InboxStore(path: station.inboxPath, limits: InboxLimits(messages: 2, bytes: 100))
        await #expect(throws: InboxFull.self) {
            try await again.store(MessageKey(sender: oak.id, id: .random()), from: oak, text: try MessageText("x"))
        }
        await station.stop()
    }
}
