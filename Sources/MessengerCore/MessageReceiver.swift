import Basics
import Logging
import MeshModel
import MessengerLogic
import Observability

/// Holds the conversation on one inbound connection after another.
struct MessageReceiver: Sendable {
    let directory: any Directory
    let store: InboxStore
    let state: MessengerState
    let settings: MessengerSettings
    let logger: Logger

    /// Reads and answers until the peer closes, breaks a rule, or is too slow.
    func converse(_ connection: FrameConnection, from address: IPAddress) async {
        var session = ReceiveSession()
        do {
            while true {
                let frame = try await connection.receive(
                    within: settings.frameDeadline, idle: session.sender == nil ? nil : settings.idleDeadline)
                let answer = await answer(to: frame, in: &session, address: address)
                try await connection.send(answer, within: settings.frameDeadline)
                if case .refuse = answer { return }
            }
        } catch let error as FrameError {
            state.count(\.refused)
            logger.event(
                "frame-rejected", "A peer sent what is no frame",
                fields(address, session, ["reason": "\(error.code)", "detail": "\(error)"]), level: .warning)
            // A courtesy; the peer may be gone.
            try? await connection.send(.refuse(Refusal(error)), within: settings.frameDeadline)
        } catch {
            let isOrderly = error as? ConnectionEnd == .closed
            logger.event(
                "connection-closed", "A connection ended", fields(address, session, ["reason": "\(error)"]),
                level: isOrderly ? .debug : .warning)
        }
    }

    private func answer(to frame: Frame, in session: inout ReceiveSession, address: IPAddress) async -> Frame {
        switch session.handle(frame) {
        case .identify:
            switch await directory.roster(within: settings.directoryDeadline) {
            case .failure(let error):
                return refuse(
                    Refusal(.directoryUnavailable, "the agent of this machine does not answer"), address, session, error)
            case .success(let roster):
                let answer = session.identified(as: roster.member(at: address), address: "\(address)")
                guard case .refuse(let refusal) = answer else { return answer }
                return refuse(refusal, address, session)
            }
        case .store(let key, let text):
            guard let sender = session.sender else { return refuse(Refusal(.outOfTurn, "no hello came"), address, session) }
            return await store(key, text, from: sender)
        case .answer(let frame): return frame
        case .refuse(let refusal):
            return refuse(refusal, address, session)
        }
    }

    private func store(_ key: MessageKey, _ text: MessageText, from sender: Roster.Member) async -> Frame {
        let id: Logger.Metadata = ["id": "\(key.id)", "from": "\(sender.name)"]
        do {
            if try await store.store(key, from: sender, text: text) {
                state.count(\.received)
                logger.event(
                    "message-received", "A message was stored and is acknowledged",
                    id.merging(["bytes": .stringConvertible(text.string.utf8.count)]) { $1 })
            } else {
                state.count(\.duplicates)
                logger.event("message-duplicate", "A message that was stored before is acknowledged again", id)
            }
            return .acknowledge(key.id)
        } catch let full as InboxFull {
            logger.event(
                "inbox-full", "There is no room for a message, which is refused", id.merging(["detail": "\(full)"]) { $1 },
                level: .warning)
            return .refuse(Refusal(.receiverFull, "\(full)"))
        } catch {
            logger.event(
                "store-failed", "A message could not be stored and is not acknowledged", id.merging(["error": "\(error)"]) { $1 },
                level: .error)
            return .refuse(Refusal(.notStored, "the message could not be stored"))
        }
    }

    private func refuse(
        _ refusal: Refusal, _ address: IPAddress, _ session: ReceiveSession, _ error: (any Error)? = nil
    ) -> Frame {
        state.count(\.refused)
        var extra: Logger.Metadata = ["reason": "\(refusal.code)", "detail": "\(refusal.detail)"]
        if let error { extra["error"] = "\(error)" }
        logger.event(
            "connection-refused", "A connection was refused", fields(address, session, extra), level: .warning)
        return .refuse(refusal)
    }

    private func fields(_ address: IPAddress, _ session: ReceiveSession, _ more: Logger.Metadata) -> Logger.Metadata {
        var fields: Logger.Metadata = ["address": "\(address)"]
        if let sender = session.sender { fields["from"] = "\(sender.name)" }
        return fields.merging(more) { $1 }
    }
}
