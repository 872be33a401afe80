import ControlProtocol

/// What became of all messages of some machines: their outboxes held against one another's inboxes and against their logs. Pure.
///
/// It holds if every send has ended in one outcome, in time; if each delivered message is in its receiver's inbox once, as it was sent and
/// in the order of its sender's outbox; and if nothing else is in an inbox but failed messages of which it was said that they may be.
struct MessageAudit: Sendable {
    /// What one machine's messenger has to say.
    struct Machine: Sendable {
        var name: String
        /// By sequence.
        var sent: [SentMessage] = []
        /// By sequence.
        var inbox: [InboxMessage] = []
        /// In the order of the log.
        var events: [MessageEvent] = []
    }

    /// How much later than its bound a send may have ended, and how much sooner a queued one may have expired: processors are busy, disks
    /// are slow, and the outcome is dated when it is written.
    var allowance = Duration.seconds(1)
    private(set) var findings: [String] = []
    /// Sends without an outcome yet.
    private(set) var open: [String] = []
    /// What could not be judged.
    private(set) var doubts: [String] = []
    private(set) var sent = 0
    private(set) var delivered = 0
    private(set) var failed: [String: Int] = [:]
    /// Failed, and in the inbox all the same, as was said.
    private(set) var storedThoughFailed = 0

    init(_ machines: [Machine], allowance: Duration = .seconds(1)) {
        self.allowance = allowance
        for machine in machines {
            sent += machine.sent.count
            checkOutcomes(machine)
            checkLog(machine)
        }
        let names = Set(machines.map(\.name))
        var arrivals: [Pair: [InboxMessage]] = [:]
        for receiver in machines {
            for message in receiver.inbox {
                arrivals[Pair(from: message.from.text, to: receiver.name), default: []].append(message)
            }
        }
        for sender in machines {
            let sends = Dictionary(grouping: sender.sent) { $0.to.text }
            for receiver in names.sorted() {
                let pair = Pair(from: sender.name, to: receiver)
                compare(pair, sends[receiver] ?? [], arrivals[pair] ?? [])
            }
        }
        for (pair, messages) in arrivals where !names.contains(pair.from) { checkCopies(pair, messages) }
        for machine in machines { checkLogTells(machine) }
    }

    struct Pair: Hashable, CustomStringConvertible {
        let from: String
        let to: String
        var description: String { "\(from) to \(to)" }
    }

    /// The outbox by itself: no gap, and each send at its end in time.
    private mutating func checkOutcomes(_ machine: Machine) {
        if let first = machine.sent.first, first.sequence != 1 {
            doubts.append("\(machine.name)'s outbox has forgotten its first \(first.sequence - 1) messages")
        }
        for (one, next) in zip(machine.sent, machine.sent.dropFirst()) where next.sequence != one.sequence + 1 {
            findings.append("\(machine.name)'s outbox has lost what stood between \(one.sequence) and \(next.sequence)")
        }
        for message in machine.sent {
            let words = "\(machine.name) to \(message.to), \(message.sequence)"
            switch message.outcome {
            case .pending, .queued: open.append("\(words): still \(message.outcome.rawValue)")
            case .delivered: delivered += 1
            case .failed:
                guard let reason = message.reason else {
                    findings.append("\(words): failed without a reason")
                    continue
                }
                failed[reason.rawValue, default: 0] += 1
                if reason == .expired, let limit = message.expiresMilliseconds, let took = message.milliseconds,
                    Duration.milliseconds(took) + allowance < .milliseconds(limit)
                {
                    findings.append("\(words): given up as expired after \(took) ms of \(limit)")
                }
            }
            checkTime(message, words)
        }
    }

    private mutating func checkTime(_ message: SentMessage, _ words: String) {
        // What a killed messenger left is ended by the next one, whenever that starts.
        guard message.reason != .interrupted, let took = message.milliseconds else { return }
        guard let limit = message.expiresMilliseconds ?? message.timeoutMilliseconds else { return }
        // Of a queued message only the giving up is bounded from both sides; one that is delivered late was on its way in time.
        guard Duration.milliseconds(took) > Duration.milliseconds(limit) + allowance else { return }
        findings.append("\(words): ended after \(took) ms, and its bound was \(limit)")
    }

    /// One sender's outbox against one receiver's inbox.
    private mutating func compare(_ pair: Pair, _ sends: [SentMessage], _ arrivals: [InboxMessage]) {
        checkCopies(pair, arrivals)
        var places: [String: Int] = [:]
        for (place, message) in arrivals.enumerated() where places[message.id] == nil { places[message.id] = place }
        var lastPlace = -1
        var lastSequence: Int64 = 0
        for message in sends {
            let words = "\(pair), \(message.sequence)"
            guard let place = places.removeValue(forKey: message.id) else {
                if message.outcome == .delivered { findings.append("\(words): delivered, and not in the inbox") }
                continue
            }
            if arrivals[place].text != message.text { findings.append("\(words): the inbox has another text") }
            switch message.outcome {
            case .delivered, .pending, .queued:
                if place < lastPlace {
                    findings.append("\(words): came before \(lastSequence)")
                } else {
                    (lastPlace, lastSequence) = (place, message.sequence)
                }
            case .failed:
                storedThoughFailed += 1
                if !message.detail.contains("may have stored the message") {
                    findings.append(
                        "\(words): failed (\(message.reason?.rawValue ?? "no reason")), and in the inbox, which was not said")
                }
            }
        }
        guard doubts.isEmpty else { return }
        for (id, _) in places.sorted(by: { $0.value < $1.value }).prefix(3) {
            findings.append("\(pair): the inbox has \(id.prefix(8)), which \(pair.from) did not send there")
        }
    }

    private mutating func checkCopies(_ pair: Pair, _ arrivals: [InboxMessage]) {
        for (id, copies) in Dictionary(grouping: arrivals, by: \.id) where copies.count > 1 {
            findings.append("\(pair): \(id.prefix(8)) is in the inbox \(copies.count) times")
        }
    }

    /// The log against outbox and inbox: told what was written, and once.
    private mutating func checkLog(_ machine: Machine) {
        var ends: [String: String] = [:]
        var received: Set<String> = []
        let outcomes = Dictionary(machine.sent.map { ($0.id, $0.outcome) }) { first, _ in first }
        let stored = Set(machine.inbox.map { "\($0.from) \($0.id)" })
        for event in machine.events {
            let words = "\(machine.name)'s log, \(event.id.prefix(8))"
            switch event.event {
            case "message-delivered", "message-failed":
                let word = String(event.event.dropFirst("message-".count))
                if let earlier = ends.updateValue(word, forKey: event.id) {
                    findings.append("\(words): ended twice, \(earlier) and \(word)")
                }
                if let outcome = outcomes[event.id], outcome.rawValue != word {
                    findings.append("\(words): logged as \(word), and \(outcome.rawValue) in the outbox")
                }
            case "message-received":
                let key = "\(event.from ?? "") \(event.id)"
                if !received.insert(key).inserted { findings.append("\(words): received anew twice") }
                if !stored.contains(key) { findings.append("\(words): logged as received, and not in the inbox") }
            default: break
            }
        }
    }

    /// A log that tells of nothing, where there was something to tell, shows nothing. (SIGKILL may cost single lines.)
    private mutating func checkLogTells(_ machine: Machine) {
        let words = Set(machine.events.map(\.event))
        if !words.contains("message-delivered"), machine.sent.contains(where: { $0.outcome == .delivered }) {
            doubts.append("\(machine.name)'s log tells of no delivery")
        }
        if !words.contains("message-received"), !machine.inbox.isEmpty {
            doubts.append("\(machine.name)'s log tells of nothing received")
        }
    }
}

/// A line of a messenger's log about one message.
struct MessageEvent: Decodable, Sendable, Hashable {
    /// `message-delivered`, `message-failed`, `message-received` and others.
    var event: String
    var id: String
    /// The sender, of one that was received.
    var from: String?
}

extension MessageAudit {
    /// The verdict.
    ///
    /// - Parameter atLeast: how many messages must have been delivered: an audit of nothing shows nothing.
    func look(atLeast: Int) -> Look {
        let failures = failed.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let reasons = failures.isEmpty ? "" : " (\(failures.map { "\($0.value) \($0.key)" }.joined(separator: ", ")))"
        let counts =
            "\(sent) sent, \(delivered) delivered, \(failures.reduce(0) { $0 + $1.value }) failed\(reasons), "
            + "\(storedThoughFailed) of those stored, as said"
        if !findings.isEmpty { return Look(.no, "\(Self.few(findings)); \(counts)") }
        if !open.isEmpty { return Look(.no, "\(open.count) without an outcome: \(Self.few(open)); \(counts)") }
        if delivered < atLeast { return Look(.no, "fewer than \(atLeast) delivered; \(counts)") }
        if !doubts.isEmpty { return Look(.unknown, "\(Self.few(doubts)); \(counts)") }
        return Look(.yes, counts)
    }

    private static func few(_ words: [String]) -> String {
        words.prefix(4).joined(separator: "; ") + (words.count > 4 ? "; and \(words.count - 4) more" : "")
    }
}
