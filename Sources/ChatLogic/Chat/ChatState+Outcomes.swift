import ControlProtocol

extension ChatState {
    static func mark(_ result: SendResult) -> Mark {
        switch result.outcome {
        case .delivered: .delivered
        case .queued: .queued(result.detail)
        case .failed: .failed(words(result.reason, result.detail))
        }
    }

    static func mark(_ results: [BroadcastResult]) -> Mark {
        let failed = results.filter { $0.result.outcome != .delivered }
        return .summary(
            results.count - failed.count, of: results.count,
            others: failed.map { "\($0.to) \($0.result.reason?.rawValue ?? $0.result.outcome.rawValue)" })
    }

    static func mark(_ message: SentMessage) -> Mark {
        switch message.outcome {
        case .pending: .onItsWay
        case .queued: .queued(message.detail)
        case .delivered: .delivered
        case .failed: .failed(words(message.reason, message.detail))
        }
    }

    private static func words(_ reason: SendResult.Reason?, _ detail: String) -> String {
        [reason?.rawValue, detail.isEmpty ? nil : detail].compactMap { $0 }.joined(separator: ": ")
    }

    /// What was before: both sides in the order of time. The times are RFC 3339 in UTC, so their text has that order.
    mutating func takeHistory(_ received: [Stamped<InboxMessage>], _ sent: [Stamped<SentMessage>]) {
        var sent = sent[...]
        for message in received {
            while let first = sent.first, first.message.sentAt <= message.message.receivedAt { takeSent(&sent) }
            add(.received(message.message.from), message.message.text, at: message.stamp)
        }
        while !sent.isEmpty { takeSent(&sent) }
    }

    /// Takes one message, or as one those of a broadcast: several in a row with one text, to different machines within a second.
    private mutating func takeSent(_ sent: inout ArraySlice<Stamped<SentMessage>>) {
        guard let first = sent.first else { return }
        var run = sent.prefix {
            $0.message.text == first.message.text && $0.message.sentAt.prefix(19) == first.message.sentAt.prefix(19)
                && $0.message.outcome != .queued && $0.message.outcome != .pending
        }
        if Set(run.map(\.message.to)).count < run.count { run = run.prefix(1) }
        sent = sent.dropFirst(max(1, run.count))
        guard run.count > 1 else {
            add(
                .sent(.machine(first.message.to)), first.message.text, at: first.stamp, mark: Self.mark(first.message),
                id: first.message.id)
            return
        }
        let failed = run.filter { $0.message.outcome == .failed }.map {
            "\($0.message.to) \($0.message.reason?.rawValue ?? "failed")"
        }
        add(
            .sent(.all), first.message.text, at: first.stamp,
            mark: .summary(run.count - failed.count, of: run.count, others: failed))
    }

    /// News of messages that were queued.
    mutating func takeStates(_ messages: [SentMessage]) {
        let news = Dictionary(messages.map { ($0.id, $0) }) { $1 }
        for entry in log.entries {
            guard let id = entry.id, let message = news[id], !underway.contains(entry.number) else { continue }
            if log.mark(entry.number, Self.mark(message)) { layout.forget(entry.number) }
        }
    }
}
