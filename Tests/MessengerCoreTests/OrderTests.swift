import Basics
import ControlProtocol
import MeshModel
import MessengerLogic
import NIOPosix
import Testing

@testable import MessengerCore

/// Sends that come at one time: whatever order they get in the outbox is the order in which the receiver gets them.
struct OrderTests {
    /// 600 sends, 60 at a time, to one machine.
    @Test func theOrderOfTheOutboxIsThatOfTheInbox() async throws {
        let oak = try StandInMesh.member("oak")
        let birch = try StandInMesh.member("birch")
        let files = try TemporaryDirectory()
        let outbox = try OutboxStore(path: "\(files.path)/outbox.sqlite")
        let sender = MessageSender(
            directory: StandInDirectory(.answers(Roster(own: oak, others: [birch]))), outbox: outbox, state: MessengerState(),
            settings: MessengerSettings(), logger: LogRecorder().logger, group: MultiThreadedEventLoopGroup.singleton)
        let station = try await Station(birch, knows: [oak])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<60 {
                group.addTask {
                    for number in 0..<10 {
                        let request = SendRequest(to: birch.name, text: "\(worker) \(number)", timeoutMilliseconds: 60_000)
                        let result = try await sender.send(request)
                        #expect(result.outcome == .delivered)
                    }
                }
            }
            try await group.waitForAll()
        }
        let sent = try await outbox.messages(after: 0, limit: 1_000)
        let received = try await station.store.messages(after: 0, limit: 1_000)
        #expect(sent.count == 600)
        #expect(sent.allSatisfy { $0.timeoutMilliseconds == 60_000 && $0.expiresMilliseconds == nil && $0.milliseconds != nil })
        #expect(sent.map(\.sequence) == Array(1...600))
        // Without the ids: 600 of them are no message.
        let isInOrder = received.map(\.id) == sent.map(\.id)
        #expect(isInOrder)
        // By pages, as the control socket gives them.
        let page = try await outbox.messages(after: 590, limit: 5)
        #expect(page.map(\.sequence) == Array(591...595))
        #expect(try await outbox.messages(limit: 2).map(\.sequence) == [599, 600])
        await station.stop()
    }
}
