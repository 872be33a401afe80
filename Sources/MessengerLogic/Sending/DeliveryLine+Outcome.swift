import Basics
import ControlProtocol
import MeshModel

extension DeliveryLine {
    /// When to hand in a `tick`, at the latest; nil while nothing depends on time.
    public var nextTick: MonotonicTime? {
        var times = due.map { [$0] } ?? []
        switch phase {
        case .resting(let until): times.append(until)
        case .open:
            if let oldest = flight.first {
                times.append(oldest.sentAt + limits.acknowledgement)
            } else if entries.isEmpty {
                times.append(idleSince + limits.idle)
            }
        case .idle, .looking, .connecting, .greeting: break
        }
        return times.min()
    }

    /// Ends what is over by now.
    mutating func passTime(_ now: MonotonicTime, _ actions: inout [Action]) {
        let isStalled = endWhatIsDue(now, &actions)
        switch phase {
        case .open(let target):
            if isStalled {
                hangUp(&actions)
                again(target, &actions)
            } else if let oldest = flight.first, now - oldest.sentAt >= limits.acknowledgement {
                hangUp(&actions)
                attemptFailed(.failed(.timedOut, "no acknowledgement from \(receiver)"), now, &actions)
            } else if flight.isEmpty, entries.isEmpty, now - idleSince >= limits.idle {
                hangUp(&actions)
            }
        case .resting(let until):
            if entries.isEmpty {
                phase = .idle
            } else if until <= now {
                phase = .looking
                actions.append(.look)
            }
        case .idle, .looking, .connecting, .greeting: break
        }
    }

    /// Ends the waits and messages whose time is over.
    ///
    /// - Returns: whether a direct send ran out of time though its message was out for long.
    private mutating func endWhatIsDue(_ now: MonotonicTime, _ actions: inout [Action]) -> Bool {
        guard let due, due <= now else { return false }
        var isStalled = false
        for entry in Array(entries) {
            guard let bound = entry.bound, bound <= now else { continue }
            if !entry.isQueued, let out = flight.first(where: { $0.id == entry.id }) {
                isStalled = isStalled || now - out.sentAt >= limits.stall
            }
            fail(verdictAtBound(of: entry), only: entry.id, &actions)
        }
        // One that is out may be acknowledged any moment, and is left alone.
        for entry in Array(entries.dropFirst(sentCount)) {
            guard let expiry = entry.expiry, expiry <= now else { continue }
            let why = lastFailure.isEmpty ? "" : "; the last attempt: \(lastFailure)"
            remove(entry.id)
            actions.append(.settle(entry.id, .failed(.expired, "its time is over\(why)\(doubt(about: entry))")))
        }
        self.due = (entries.compactMap(\.bound) + entries.dropFirst(sentCount).compactMap(\.expiry)).min()
        return isStalled
    }

    /// What was out stands in the line again, and may expire.
    mutating func takeBack() {
        if sentCount > 0 { due = .zero }
        sentCount = 0
    }

    private func doubt(about entry: LineEntry) -> String {
        entry.wasSent ? "; \(receiver) may have stored the message" : ""
    }

    /// An attempt to deliver failed: the line rests. Direct sends fail with its reason, unless it was only slow.
    mutating func attemptFailed(_ verdict: SendVerdict, _ now: MonotonicTime, _ actions: inout [Action]) {
        if case .failed(let reason, let detail) = verdict {
            lastFailure = "\(reason.rawValue): \(detail)"
            if reason != .timedOut { failDirect(verdict, &actions) }
        }
        takeBack()
        flight = []
        rest(now)
    }

    /// Direct sends fail; of queued messages it is told that they wait.
    mutating func failDirect(_ verdict: SendVerdict, _ actions: inout [Action]) {
        for entry in Array(entries) where entry.bound != nil { fail(verdict, only: entry.id, &actions) }
    }

    /// One message was not delivered: if it is a direct send it has failed; a queued one waits, and that is told.
    mutating func fail(_ verdict: SendVerdict, only id: MessageID, _ actions: inout [Action]) {
        guard case .failed(let reason, let detail) = verdict, let place = entries.firstIndex(where: { $0.id == id }) else {
            return
        }
        if entries[place].isQueued {
            guard entries[place].bound != nil else { return }
            entries[place].bound = nil
            return actions.append(.tellQueued(id, "\(reason.rawValue): \(detail)"))
        }
        let detailWithDoubt = detail + doubt(about: entries[place])
        remove(id)
        actions.append(.settle(id, .failed(reason, detailWithDoubt)))
    }

    /// Takes a message out of the line.
    @discardableResult
    mutating func remove(_ id: MessageID) -> LineEntry? {
        guard let place = entries.firstIndex(where: { $0.id == id }) else { return nil }
        if place - entries.startIndex < sentCount { sentCount -= 1 }
        let entry = place == entries.startIndex ? entries.removeFirst() : entries.remove(at: place)
        bytes -= entry.size
        return entry
    }

    private func verdictAtBound(of entry: LineEntry) -> SendVerdict {
        let bound = DurationText.format(entry.timeout)
        let ahead = entries.count { $0.sequence < entry.sequence }
        switch phase {
        case .idle, .looking: return .failed(.notAMember, "this machine's agent did not answer within \(bound)")
        case .connecting: return .failed(.timedOut, "no connection to \(receiver) within \(bound)")
        case .greeting: return .failed(.timedOut, "\(receiver) took the connection and said nothing within \(bound)")
        case .open:
            guard entry.wasSent else {
                return .failed(.timedOut, "\(ahead) messages to \(receiver) before it took all of \(bound)")
            }
            return .failed(.timedOut, "no acknowledgement from \(receiver) within \(bound)")
        case .resting: return .failed(.timedOut, "not delivered within \(bound); the last attempt: \(lastFailure)")
        }
    }

    /// What it means for a send that the directory does not have the receiver.
    public func verdict(on resolution: Roster.Resolution) -> SendVerdict {
        switch resolution {
        case .notAMember: .failed(.notAMember, "this machine is not registered with a coordinator")
        case .dropped: .failed(.notReachable, "the mesh has dropped \(receiver)")
        case .unknown(let nearest):
            .failed(.unknownName, "no machine is named \(receiver)" + (nearest.map { "; did you mean \($0)?" } ?? ""))
        case .reachable: .failed(.protocolError, "\(receiver) was resolved twice")
        }
    }
}
