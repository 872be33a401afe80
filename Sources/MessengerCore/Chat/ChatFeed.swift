import Basics
import ChatLogic
import ControlProtocol
import LocalControl
import Synchronization

/// Asks the messenger for what is new, again and again, and carries out sends.
struct ChatFeed: Sendable {
    let client: LocalControlClient
    let tell: @Sendable (ChatEvent) -> Void
    /// Whether there are sends whose outcome may still change.
    let watchesSends = Mutexed(false)

    /// Pause between two looks at the inbox.
    static let pause = Duration.milliseconds(200)
    /// How many messages of before are shown.
    static let historyLimit = 100
    /// How many sends are looked through for one that has an outcome now.
    static let sentLimit = 500

    /// What was told last, so that only news are told.
    private struct Told {
        var members: MeshMembers?
        var trouble: String?
        /// The last message of the inbox that was told; nil: not even the history was.
        var last: Int64?
    }

    /// Runs until the task is cancelled.
    func run() async {
        var told = Told()
        var round = 0
        while !Task.isCancelled {
            let trouble = await look(&told, round)
            if trouble != told.trouble {
                told.trouble = trouble
                tell(.trouble(trouble))
            }
            round += 1
            // Cancellation ends the pause, and the loop.
            try? await Task.sleep(for: Self.pause)
        }
    }

    /// - Returns: what is wrong.
    private func look(_ told: inout Told, _ round: Int) async -> String? {
        guard await SocketProbe.complaint(about: client.socket) == nil else { return "the messenger does not answer" }
        do {
            // The machines first: messages are set beside their names.
            let trouble = try await lookAtMembers(&told)
            try await lookAtInbox(&told)
            if round % 5 == 0, watchesSends.value {
                let path = "\(MessengerControl.sent)?limit=\(Self.sentLimit)"
                tell(.sent(try await client.get(path, as: [SentMessage].self)))
            }
            return trouble
        } catch {
            return (error as? CodedError)?.message ?? "\(error)"
        }
    }

    private func lookAtMembers(_ told: inout Told) async throws -> String? {
        do {
            let members: MeshMembers = try await client.get(MessengerControl.members)
            if members != told.members {
                told.members = members
                tell(.members(members))
            }
            return members.own == nil ? "this machine is in no mesh" : nil
        } catch let error as CodedError where error.code == "not-a-member" {
            return "the agent does not answer"
        }
    }

    private func lookAtInbox(_ told: inout Told) async throws {
        guard let last = told.last else {
            let received: [InboxMessage] = try await client.get("\(MessengerControl.inbox)?limit=\(Self.historyLimit)")
            let sent: [SentMessage] = try await client.get("\(MessengerControl.sent)?limit=\(Self.historyLimit)")
            told.last = received.last?.sequence ?? 0
            tell(
                .history(
                    received: received.map { Stamped($0, at: .of($0.receivedAt)) },
                    sent: sent.map { Stamped($0, at: .of($0.sentAt)) }))
            return
        }
        let path = "\(MessengerControl.inbox)?after=\(last)&limit=\(Self.historyLimit)"
        let received: [InboxMessage] = try await client.get(path)
        guard let latest = received.last else { return }
        told.last = latest.sequence
        tell(.received(received.map { Stamped($0, at: .of($0.receivedAt)) }))
    }

    /// Begins a send, and tells what came of it. The messenger keeps the bound; it gets a little longer to say so.
    func send(_ number: Int, _ request: SendRequest) {
        carryOut(number) {
            .sendEnded(number, try await client.post(MessengerControl.send, body: request, timeout: .seconds(7)))
        }
    }

    /// Like `send`, to all others. In a large mesh they are not all asked at one time.
    func broadcast(_ number: Int, _ request: BroadcastRequest) {
        carryOut(number) {
            .broadcastEnded(number, try await client.post(MessengerControl.broadcast, body: request, timeout: .seconds(60)))
        }
    }

    private func carryOut(_ number: Int, _ work: @escaping @Sendable () async throws -> ChatEvent) {
        Task {
            if await SocketProbe.complaint(about: client.socket) != nil {
                return tell(.notTaken(number, "the messenger does not answer"))
            }
            do {
                tell(try await work())
            } catch {
                tell(.notTaken(number, (error as? CodedError)?.message ?? "\(error)"))
            }
        }
    }
}

/// A value that tasks share.
final class Mutexed<Value: Sendable>: Sendable {
    private let content: Mutex<Value>

    init(_ value: Value) { content = Mutex(value) }

    var value: Value {
        get { content.withLock { $0 } }
        set { content.withLock { $0 = newValue } }
    }
}
