import Basics
import LabReport
import ScenarioModel
import Timing

/// One look at a condition.
struct Look: Sendable {
    enum Answer: Sendable, Hashable {
        case yes
        case no
        /// It could not be looked at. Not the same as no: a check that sees nothing shows nothing.
        case unknown
    }

    var answer: Answer
    /// What was seen, for a person.
    var detail: String

    init(_ answer: Answer, _ detail: String) {
        self.answer = answer
        self.detail = detail
    }
}

extension ScenarioRun {
    /// How long to wait between two looks.
    static let lookInterval = Duration.milliseconds(20)
    /// How long a probe of a lasting check may stay without an answer.
    static let lossLimit = Duration.seconds(1)
    /// How long a probe is remembered by a check that waits for a first answer.
    static let forgetLimit = Duration.seconds(5)
    /// How often a lasting check probes each pair.
    static let steadyInterval = Duration.milliseconds(50)

    /// The condition comes true within the bound.
    func eventually(
        _ check: Check, id: String, begin: MonotonicTime, within: Duration, since: String?
    ) async -> Report.CheckResult {
        let deadline = begin + within
        let look: Look
        switch check.condition {
        case .ping(let from, let to): look = await pingUntilAnswered(from: from, to: to, deadline: deadline)
        case .message(let from, let to, let outcome):
            look = await messagesUntilEnded(from: from, to: to, outcome: outcome, deadline: deadline)
        default: look = await lookUntilTrue(check.condition, deadline: deadline)
        }
        let took = MonotonicTime.now - begin
        var outcome = Outcome.fail
        var detail = look.detail
        switch look.answer {
        case .yes where took <= within: outcome = .pass
        case .yes: detail += ", but too late"
        case .no: break
        case .unknown: outcome = .inconclusive
        }
        return Report.CheckResult(
            id: id, title: check.title ?? "", outcome: outcome, seconds: took.inSeconds, bound: within.inSeconds, detail: detail,
            since: since)
    }

    /// The condition is false at every look, and at least one look was possible.
    func never(_ check: Check, id: String, duration: Duration) async -> Report.CheckResult {
        let begin = MonotonicTime.now
        let deadline = begin + duration
        var seen: Look
        if case .ping(let from, let to) = check.condition {
            if to.contains(where: { identities.current[$0] == nil }) { predicted(id) }
            seen = await pingNever(from: from, to: to, deadline: deadline)
        } else {
            var looks = 0
            repeat {
                seen = await look(check.condition)
                looks += 1
                try? await Task.sleep(for: Self.lookInterval)
            } while seen.answer == .no && MonotonicTime.now < deadline && !Task.isCancelled
            if seen.answer == .no { seen.detail = "at none of \(looks) looks; at the last: \(seen.detail)" }
        }
        let outcome: Outcome =
            switch seen.answer {
            case .yes: .fail
            case .no: .pass
            case .unknown: .inconclusive
            }
        return Report.CheckResult(
            id: id, title: check.title ?? "", outcome: outcome, seconds: (MonotonicTime.now - begin).inSeconds,
            bound: duration.inSeconds, detail: seen.detail)
    }

    /// The condition is true at every look, at least one, for a time or until it is stopped.
    func always(_ check: Check, id: String, duration: Duration?, stop: OneShot<Bool>) async -> Report.CheckResult {
        let begin = MonotonicTime.now
        let deadline = duration.map { begin + $0 }
        func isOver() -> Bool { stop.current != nil || Task.isCancelled || deadline.map { MonotonicTime.now >= $0 } ?? false }
        var seen: Look
        if case .ping(let from, let to) = check.condition {
            seen = await pingSteadily(from: from, to: to, isOver: isOver)
        } else {
            var looks = 0
            repeat {
                seen = await look(check.condition)
                looks += 1
                try? await Task.sleep(for: Self.lookInterval)
            } while seen.answer == .yes && !isOver()
            if seen.answer == .yes { seen.detail = "at each of \(looks) looks; at the last: \(seen.detail)" }
        }
        let outcome: Outcome =
            switch seen.answer {
            case .yes: .pass
            case .no: .fail
            case .unknown: .inconclusive
            }
        return Report.CheckResult(
            id: id, title: check.title ?? "", outcome: outcome, seconds: (MonotonicTime.now - begin).inSeconds,
            bound: duration?.inSeconds, detail: seen.detail)
    }

    private func lookUntilTrue(_ condition: Condition, deadline: MonotonicTime) async -> Look {
        while true {
            let result = await look(condition)
            if result.answer == .yes || MonotonicTime.now >= deadline || Task.isCancelled { return result }
            try? await Task.sleep(for: Self.lookInterval)
        }
    }

    /// Looks once.
    func look(_ condition: Condition) async -> Look {
        do {
            switch condition {
            case .peer(let peer, let places, let present): return try await lookAtPeer(peer, on: places, present: present)
            case .coordinatorSees(let names, let liveness): return try await lookAtCoordinator(names, as: liveness)
            case .sameIdentity(let names): return try await lookAtIdentities(names)
            case .ping, .message: return Look(.unknown, "this condition is probed, not looked at")
            }
        } catch {
            return Look(.unknown, "could not look: \(error)")
        }
    }
}
