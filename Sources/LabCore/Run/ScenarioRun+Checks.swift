import Basics
import ScenarioModel
import Timing

/// One look at a condition that needs no probes.
struct Look: Sendable {
    var holds: Bool
    /// What was seen, for a person.
    var detail: String
}

extension ScenarioRun {
    /// How long to wait between two looks.
    static let lookInterval = Duration.milliseconds(20)
    /// How long a probe of a lasting check may stay without an answer.
    static let lossLimit = Duration.seconds(1)
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
        let inTime = look.holds && took <= within
        let detail = look.holds && !inTime ? "\(look.detail), but too late" : look.detail
        return Report.CheckResult(
            id: id, title: check.title ?? "", outcome: inTime ? .pass : .fail, seconds: took.inSeconds, bound: within.inSeconds,
            detail: detail, since: since)
    }

    /// The condition is false at every look.
    func never(_ check: Check, id: String, duration: Duration) async -> Report.CheckResult {
        let begin = MonotonicTime.now
        let deadline = begin + duration
        var seen = Look(holds: false, detail: "not once")
        if case .ping(let from, let to) = check.condition {
            let predicting = to.contains { identities.current[$0] == nil }
            if predicting { predicted(id) }
            seen = await pingNever(from: from, to: to, deadline: deadline)
        } else {
            while !seen.holds, MonotonicTime.now < deadline, !Task.isCancelled {
                let look = await self.look(check.condition)
                if look.holds { seen = look }
                try? await Task.sleep(for: Self.lookInterval)
            }
        }
        return Report.CheckResult(
            id: id, title: check.title ?? "", outcome: seen.holds ? .fail : .pass, seconds: (MonotonicTime.now - begin).inSeconds,
            bound: duration.inSeconds, detail: seen.detail)
    }

    /// The condition is true at every look, for a time or until it is stopped.
    func always(_ check: Check, id: String, duration: Duration?, stop: OneShot<Bool>) async -> Report.CheckResult {
        let begin = MonotonicTime.now
        let deadline = duration.map { begin + $0 }
        func isOver() -> Bool { stop.current != nil || Task.isCancelled || deadline.map { MonotonicTime.now >= $0 } ?? false }
        var result = Look(holds: true, detail: "at every look")
        if case .ping(let from, let to) = check.condition {
            result = await pingSteadily(from: from, to: to, isOver: isOver)
        } else {
            var looks = 0
            while result.holds, !isOver() {
                result = await look(check.condition)
                looks += 1
                if result.holds { result.detail = "at each of \(looks) looks" }
                try? await Task.sleep(for: Self.lookInterval)
            }
        }
        return Report.CheckResult(
            id: id, title: check.title ?? "", outcome: result.holds ? .pass : .fail,
            seconds: (MonotonicTime.now - begin).inSeconds,
            bound: duration?.inSeconds, detail: result.detail)
    }

    private func lookUntilTrue(_ condition: Condition, deadline: MonotonicTime) async -> Look {
        while true {
            let result = await look(condition)
            if result.holds || MonotonicTime.now >= deadline || Task.isCancelled { return result }
            try? await Task.sleep(for: Self.lookInterval)
        }
    }

    /// Looks once; what cannot be looked at does not hold.
    func look(_ condition: Condition) async -> Look {
        do {
            switch condition {
            case .peer(let peer, let places, let present): return try await lookAtPeer(peer, on: places, present: present)
            case .coordinatorSees(let names, let liveness): return try await lookAtCoordinator(names, as: liveness)
            case .sameIdentity(let names): return try await lookAtIdentities(names)
            case .ping, .message: return Look(holds: false, detail: "this condition is not one of looks")
            }
        } catch {
            return Look(holds: false, detail: "\(error)")
        }
    }
}
