import Basics
import ControlProtocol
import Logging
import MeshModel
import MessengerLogic
import NIOCore
import Observability
import Synchronization
import Timing

/// Carries out sends: each is on the disk before anything else, and ends in one outcome.
final class MessageSender: Sendable {
    private struct Caller {
        let request: SendRequest
        let start: MonotonicTime
        let told: OneShot<SendResult>
    }

    private struct Content {
        var lines: [MachineName: LineRunner] = [:]
        var callers: [MessageID: Caller] = [:]
        /// Receivers of messages that nobody waits for any more.
        var receivers: [MessageID: MachineName] = [:]
        var underway = 0
    }

    private let outbox: OutboxStore
    let roster: RosterCache
    private let state: MessengerState
    let settings: MessengerSettings
    private let logger: Logger
    let opening: Opening
    private let content = Mutex(Content())

    init(
        directory: any Directory, outbox: OutboxStore, state: MessengerState, settings: MessengerSettings, logger: Logger,
        group: any EventLoopGroup
    ) {
        self.outbox = outbox
        self.state = state
        self.settings = settings
        self.logger = logger
        roster = RosterCache(directory: directory, settings: settings)
        opening = Opening(port: settings.port, limit: settings.openingDeadline, group: group)
    }

    /// Takes up what the last run left. Before anything is sent.
    func resume() async throws {
        let leftovers = try await outbox.recover()
        let (wall, now) = (WallClock.milliseconds, MonotonicTime.now)
        for (receiver, messages) in Dictionary(grouping: leftovers, by: \.receiver) {
            content.withLock { content in for message in messages { content.receivers[message.id] = receiver } }
            await line(to: receiver).restore(
                messages.map {
                    LineEntry(
                        restored: $0.sequence, id: $0.id, size: $0.size, keepFor: .milliseconds($0.expires - wall), at: now)
                })
        }
        if !leftovers.isEmpty {
            logger.event(
                "outbox-resumed", "Messages of the last run are still to be delivered",
                ["messages": .stringConvertible(leftovers.count)])
        }
    }

    /// Follows the directory until the task is cancelled; no connection is open afterwards.
    func run() async {
        while !Task.isCancelled {
            // Cancellation ends the pause, and the loop.
            try? await Task.sleep(for: settings.followInterval)
            for line in content.withLock({ Array($0.lines.values) }) { await line.watch() }
        }
        for line in content.withLock({ Array($0.lines.values) }) { await line.end() }
    }

    /// - Throws: `CodedError`: `bad-text`, `bad-timeout`, `bad-expiry` or `busy`: the send was not begun; `not-recorded`: it could
    ///   not be written to the disk, and was not begun either.
    func send(_ request: SendRequest) async throws(CodedError) -> SendResult {
        let start = MonotonicTime.now
        let text = try MessageText(request.text)
        try Self.check(request)
        try begin()
        defer { content.withLock { $0.underway -= 1 } }
        let id = MessageID.random()
        let keepFor = request.expiresMilliseconds
        let told = OneShot<SendResult>()
        do {
            // It joins its line from within the outbox's turn: who asked first there goes first.
            try await outbox.add(
                id, to: request.to, text: text, keepFor: keepFor, timeout: request.timeoutMilliseconds
            ) { [self] sequence in
                content.withLock { content in
                    content.callers[id] = Caller(request: request, start: start, told: told)
                    content.receivers[id] = request.to
                }
                line(to: request.to).take(
                    LineEntry(
                        sequence: sequence, id: id, size: text.string.utf8.count,
                        timeout: .milliseconds(request.timeoutMilliseconds), keepFor: keepFor.map { .milliseconds($0) }, at: start
                    ))
            }
        } catch {
            throw CodedError("not-recorded", "the message could not be written to the outbox", cause: error)
        }
        guard let result = await told.value() else {
            throw CodedError("interrupted", "the messenger ends; \"warren-messenger sent\" tells what came of the message")
        }
        return result
    }

    static func check(timeout: Int) throws(CodedError) {
        let allowed = MessengerControl.timeoutRange
        guard allowed.contains(timeout) else {
            throw CodedError(
                "bad-timeout", "a timeout of \(timeout) ms; allowed are \(allowed.lowerBound) to \(allowed.upperBound) ms")
        }
    }

    private static func check(_ request: SendRequest) throws(CodedError) {
        try check(timeout: request.timeoutMilliseconds)
        let expiries = MessengerControl.expiryRange
        if let expiry = request.expiresMilliseconds, !expiries.contains(expiry) {
            throw CodedError(
                "bad-expiry", "an expiry of \(expiry) ms; allowed are \(expiries.lowerBound) to \(expiries.upperBound) ms")
        }
    }

    private func begin() throws(CodedError) {
        let isAdmitted = content.withLock { content in
            guard content.underway < settings.sendsAtOnce else { return false }
            content.underway += 1
            return true
        }
        if !isAdmitted {
            throw CodedError("busy", "\(settings.sendsAtOnce) sends are under way already: wait for one to end")
        }
    }

    private func line(to receiver: MachineName) -> LineRunner {
        content.withLock { content in
            if let line = content.lines[receiver] { return line }
            let listener = LineRunner.Listener(
                settled: { [weak self] id, verdict in Task { await self?.settle(id, verdict) } },
                queued: { [weak self] id, why in Task { await self?.tellQueued(id, why) } },
                transmitted: { [logger] id in
                    logger.event("message-sent", "A message is on its way", ["id": "\(id)", "to": "\(receiver)"])
                })
            let line = LineRunner(
                to: receiver, limits: settings.line, roster: roster, outbox: outbox, opening: opening, listener: listener)
            content.lines[receiver] = line
            return line
        }
    }

    /// Writes the outcome down, then tells it.
    private func settle(_ id: MessageID, _ verdict: SendVerdict) async {
        let (caller, receiver) = content.withLock { content in
            (content.callers.removeValue(forKey: id), content.receivers.removeValue(forKey: id))
        }
        let name = receiver.map { "\($0)" } ?? ""
        var fields: Logger.Metadata = ["id": "\(id)", "to": "\(name)"]
        if let caller { fields["ms"] = .stringConvertible(Self.milliseconds(since: caller.start)) }
        let (outcome, reason, detail): (SendResult.Outcome, SendResult.Reason?, String) =
            switch verdict {
            case .delivered: (.delivered, nil, "stored by \(name)")
            case .failed(let reason, let detail): (.failed, reason, detail)
            }
        await record(id) { try await outbox.end(id, verdict, detail: detail) }
        if let reason {
            state.count(\.failed)
            fields["reason"] = "\(reason.rawValue)"
            fields["detail"] = "\(detail)"
            logger.event("message-failed", "A message was not delivered", fields, level: .warning)
        } else {
            state.count(\.delivered)
            logger.event("message-delivered", "The receiver has stored the message", fields)
        }
        guard let caller else { return }
        caller.told.set(
            SendResult(
                id: "\(id)", outcome: outcome, reason: reason, detail: detail,
                milliseconds: Self.milliseconds(since: caller.start)))
    }

    private func tellQueued(_ id: MessageID, _ why: String) async {
        await record(id) { try await outbox.setQueued(id, why: why) }
        // It may have been settled meanwhile; then that is told.
        guard let caller = content.withLock({ $0.callers.removeValue(forKey: id) }) else { return }
        logger.event(
            "message-queued", "A message could not be delivered yet and is kept",
            ["id": "\(id)", "to": "\(caller.request.to)", "detail": "\(why)"])
        caller.told.set(
            SendResult(
                id: "\(id)", outcome: .queued, reason: nil, detail: why, milliseconds: Self.milliseconds(since: caller.start)))
    }

    private func record(_ id: MessageID, _ write: () async throws -> Void) async {
        do {
            try await write()
        } catch {
            logger.event(
                "outcome-not-recorded", "What came of a message could not be written to the outbox",
                ["id": "\(id)", "error": "\(error)"], level: .error)
        }
    }

    static func milliseconds(since start: MonotonicTime) -> Double {
        ((MonotonicTime.now - start).inSeconds * 1e6).rounded() / 1e3
    }
}
