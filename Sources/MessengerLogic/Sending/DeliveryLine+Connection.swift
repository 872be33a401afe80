import Basics
import MeshModel

extension DeliveryLine {
    mutating func looked(_ look: Look, for id: MessageID?, _ now: MonotonicTime, _ actions: inout [Action]) {
        switch look {
        case .unavailable(let why):
            // An open connection goes on: the tunnel may well be up. What has none yet cannot get one.
            let verdict = SendVerdict.failed(.notAMember, "this machine's agent does not answer: \(why)")
            if let id { fail(verdict, only: id, &actions) }
            if phase == .looking { attemptFailed(verdict, now, &actions) }
            if phase == .idle, !entries.isEmpty { rest(now) }
        case .resolved(.reachable(let own, let member)):
            reachable(Target(own: own, peer: member.address), isNew: id != nil, now, &actions)
        case .resolved(let resolution):
            isAway = true
            let verdict = verdict(on: resolution)
            // A name that nobody has is a mistake of whoever waits for it; older messages wait for their machine.
            if case .failed(.unknownName, _) = verdict, let id { remove(id).map { actions.append(.settle($0.id, verdict)) } }
            hangUp(&actions)
            if case .resting = phase { failDirect(verdict, &actions) } else { attemptFailed(verdict, now, &actions) }
        }
    }

    private mutating func reachable(_ target: Target, isNew: Bool, _ now: MonotonicTime, _ actions: inout [Action]) {
        let isBack = isAway
        isAway = false
        switch phase {
        case .connecting(let current), .greeting(let current), .open(let current):
            guard current != target else { return }
            hangUp(&actions)
        case .resting where !isBack && !isNew: return
        case .idle, .looking, .resting: break
        }
        guard !entries.isEmpty else { return phase = .idle }
        if isBack { resetBackoff() }
        dial(target, &actions)
    }

    private mutating func dial(_ target: Target, _ actions: inout [Action]) {
        phase = .connecting(target)
        actions.append(.open(from: target.own, to: target.peer))
    }

    mutating func openFailed(_ verdict: SendVerdict, _ now: MonotonicTime, _ actions: inout [Action]) {
        switch phase {
        case .connecting, .greeting: attemptFailed(verdict, now, &actions)
        case .idle, .looking, .open, .resting: return
        }
    }

    mutating func acknowledged(_ id: MessageID, _ now: MonotonicTime, _ actions: inout [Action]) {
        guard case .open = phase else { return }
        guard flight.first?.id == id else {
            return breakDown(.failed(.protocolError, "\(receiver) acknowledged what was not sent"), now, &actions)
        }
        flight.removeFirst()
        isProven = true
        idleSince = now
        resetBackoff()
        if remove(id) != nil { actions.append(.settle(id, .delivered)) }
    }

    mutating func refused(_ verdict: SendVerdict, _ now: MonotonicTime, _ actions: inout [Action]) {
        guard case .open(let target) = phase else { return }
        guard let id = flight.first?.id, let entry = entries.first, entry.id == id else {
            // Of a send that has ended, or of nothing.
            return broken("it refused", now, &actions)
        }
        hangUp(&actions)
        if entry.isQueued { return attemptFailed(verdict, now, &actions) }
        remove(id).map { actions.append(.settle($0.id, verdict)) }
        again(target, &actions)
    }

    mutating func broken(_ why: String, _ now: MonotonicTime, _ actions: inout [Action]) {
        guard case .open(let target) = phase else { return }
        // A connection that worked before may have ended long ago, unnoticed: the messages on it deserve another.
        guard isProven || flight.isEmpty else {
            return breakDown(.failed(.protocolError, "no acknowledgement from \(receiver): \(why)"), now, &actions)
        }
        hangUp(&actions)
        again(target, &actions)
    }

    /// The connection is no good: direct sends that are out have failed, everything else is tried after a pause.
    private mutating func breakDown(_ verdict: SendVerdict, _ now: MonotonicTime, _ actions: inout [Action]) {
        let out = entries.prefix(sentCount).map(\.id)
        hangUp(&actions)
        if case .failed(let reason, let detail) = verdict { lastFailure = "\(reason.rawValue): \(detail)" }
        for id in out { fail(verdict, only: id, &actions) }
        rest(now)
    }

    /// Another connection at once, if there is anything to send.
    mutating func again(_ target: Target, _ actions: inout [Action]) {
        if entries.isEmpty { phase = .idle } else { dial(target, &actions) }
    }

    /// Closes what is open; what was out stands in the line again.
    mutating func hangUp(_ actions: inout [Action]) {
        switch phase {
        case .connecting, .greeting, .open:
            actions.append(.close)
            phase = .idle
        case .idle, .looking, .resting: break
        }
        flight = []
        takeBack()
    }
}
