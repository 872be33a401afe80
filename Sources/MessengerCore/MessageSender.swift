import Basics
import ControlProtocol
import Logging
import MeshModel
import MessengerLogic
import NIOCore
import Observability
import Synchronization
import Timing

/// Carries out sends: each ends in one outcome within its bound.
final class MessageSender: Sendable {
    private let directory: any Directory
    private let state: MessengerState
    private let settings: MessengerSettings
    private let logger: Logger
    private let group: any EventLoopGroup
    private let underway = Mutex(0)

    init(
        directory: any Directory, state: MessengerState, settings: MessengerSettings, logger: Logger, group: any EventLoopGroup
    ) {
        self.directory = directory
        self.state = state
        self.settings = settings
        self.logger = logger
        self.group = group
    }

    /// - Throws: `CodedError` with code `bad-text`, `bad-timeout` or `busy`: the send was not begun.
    func send(_ request: SendRequest) async throws(CodedError) -> SendResult {
        let text = try MessageText(request.text)
        let allowed = MessengerControl.timeoutRange
        guard allowed.contains(request.timeoutMilliseconds) else {
            throw CodedError(
                "bad-timeout",
                "a timeout of \(request.timeoutMilliseconds) ms; allowed are \(allowed.lowerBound) to \(allowed.upperBound) ms")
        }
        try begin()
        defer { underway.withLock { $0 -= 1 } }
        let start = MonotonicTime.now
        let attempt = SendAttempt(
            id: .random(), text: text, receiver: request.to, timeout: .milliseconds(request.timeoutMilliseconds), startedAt: start
        )
        return report(await carryOut(attempt), of: attempt, since: start)
    }

    private func begin() throws(CodedError) {
        let isAdmitted = underway.withLock { count in
            guard count < settings.sendsAtOnce else { return false }
            count += 1
            return true
        }
        if !isAdmitted {
            throw CodedError("busy", "\(settings.sendsAtOnce) sends are under way already: wait for one to end")
        }
    }

    private func carryOut(_ started: SendAttempt) async -> SendVerdict {
        var attempt = started
        var connection: FrameConnection?
        defer { connection?.close() }
        var step = attempt.firstStep
        while true {
            let left = attempt.remaining(at: .now)
            let event: SendAttempt.Event
            switch step {
            case .finish(let verdict): return verdict
            case .resolve: event = await resolve(attempt.receiver, within: left)
            case .connect(let own, let peer):
                switch await Dialer.connect(from: own, to: peer, port: settings.port, within: left, on: group) {
                case .failure(let failure): event = .connectFailed(failure)
                case .success(let opened):
                    connection = opened
                    event = .connected
                }
            case .exchange(let frame): event = await exchange(frame, over: connection, for: attempt, within: left)
            }
            step = attempt.handle(event, at: .now)
        }
    }

    private func resolve(_ name: MachineName, within left: Duration) async -> SendAttempt.Event {
        switch await directory.roster(within: min(left, settings.directoryDeadline)) {
        case .success(let roster): .resolved(roster.resolve(name))
        case .failure(let error): .directoryUnavailable(error.message)
        }
    }

    private func exchange(
        _ frame: Frame, over connection: FrameConnection?, for attempt: SendAttempt, within left: Duration
    ) async -> SendAttempt.Event {
        guard let connection else { return .broken("no connection") }
        if case .message = frame {
            logger.event(
                "message-sent", "A message is on its way", ["id": "\(attempt.id)", "to": "\(attempt.receiver)"])
        }
        do {
            try await connection.send(frame, within: left)
            return .answered(try await connection.receive(within: attempt.remaining(at: .now)))
        } catch let end as ConnectionEnd where end != .closed {
            return .expired
        } catch {
            return .broken("\(error)")
        }
    }

    private func report(_ verdict: SendVerdict, of attempt: SendAttempt, since start: MonotonicTime) -> SendResult {
        let milliseconds = ((MonotonicTime.now - start).inSeconds * 1e6).rounded() / 1e3
        var fields: Logger.Metadata = [
            "id": "\(attempt.id)", "to": "\(attempt.receiver)", "ms": .stringConvertible(milliseconds),
        ]
        switch verdict {
        case .delivered:
            state.count(\.delivered)
            logger.event("message-delivered", "The receiver has stored the message", fields)
            return SendResult(
                id: "\(attempt.id)", outcome: .delivered, reason: nil, detail: "stored by \(attempt.receiver)",
                milliseconds: milliseconds)
        case .failed(let reason, let detail):
            state.count(\.failed)
            fields["reason"] = "\(reason.rawValue)"
            fields["detail"] = "\(detail)"
            logger.event("message-failed", "A message was not delivered", fields, level: .warning)
            return SendResult(
                id: "\(attempt.id)", outcome: .failed, reason: reason, detail: detail, milliseconds: milliseconds)
        }
    }
}
