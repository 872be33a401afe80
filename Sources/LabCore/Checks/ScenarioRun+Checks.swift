import Basics
import LabReport
import ScenarioModel
import Timing

/// How checks of each mode come to their verdict.
extension ScenarioRun {
    /// How long to wait between two looks.
    static let lookInterval = Duration.milliseconds(20)

    /// The condition comes true within the bound.
    func eventually(
        _ check: Check, id: String, begin: MonotonicTime, within: Duration, since: String?, kind: String? = nil
    ) async -> Report.CheckResult {
        let start = MonotonicTime.now
        let waiting = story.waiting(check, id: id, begin: begin, bound: within)
        defer { waiting.end() }
        let look = await wait(for: check.condition, id: id, deadline: begin + within)
        let result = verdict(check, id: id, look, begin: begin, bound: within, since: since, isDeadline: true)
        return placed(result, check, kind: kind ?? check.mode.word, begin: start)
    }

    /// The condition comes true within the bound, and then stays so.
    func stays(_ check: Check, id: String, duration: Duration, begin: MonotonicTime, within: Duration, since: String?) async
        -> Report.CheckResult
    {
        let waiting = story.waiting(check, id: id, begin: begin, bound: within + duration)
        defer { waiting.end() }
        let start = MonotonicTime.now
        let first = await wait(for: check.condition, id: id, deadline: begin + within)
        var result = verdict(check, id: id, first, begin: begin, bound: within, since: since, isDeadline: true)
        guard result.outcome == .pass else { return placed(result, check, kind: check.mode.word, begin: start) }
        let deadline = MonotonicTime.now + duration
        let held = await watch(check.condition, id: id, expected: true) {
            MonotonicTime.now >= deadline || Task.isCancelled
        }
        result.outcome = held.outcome
        result.detail = "\(first.detail); then for \(DurationText.format(duration)): \(held.detail)"
        return placed(result, check, kind: check.mode.word, begin: start)
    }

    /// The condition, or its opposite, holds at every look for a time or until it is stopped.
    func lasting(_ check: Check, id: String, expected: Bool, duration: Duration?, stop: OneShot<Bool>) async
        -> Report.CheckResult
    {
        let begin = MonotonicTime.now
        let deadline = duration.map { begin + $0 }
        let waiting = duration.map { story.waiting(check, id: id, begin: begin, bound: $0) }
        defer { waiting?.end() }
        let look = await watch(check.condition, id: id, expected: expected) {
            stop.current != nil || Task.isCancelled || deadline.map { MonotonicTime.now >= $0 } ?? false
        }
        let result = verdict(check, id: id, look, begin: begin, bound: duration, since: nil, isDeadline: false)
        return placed(result, check, kind: isInvariant(id) ? "invariant" : check.mode.word, begin: begin)
    }

    private func verdict(
        _ check: Check, id: String, _ look: Look, begin: MonotonicTime, bound: Duration?, since: String?, isDeadline: Bool
    ) -> Report.CheckResult {
        let took = MonotonicTime.now - begin
        var outcome = look.outcome
        var detail = look.detail
        if isDeadline, outcome == .pass, let bound, took > bound {
            outcome = .fail
            detail += ", but too late"
        }
        return Report.CheckResult(
            id: id, title: check.title ?? "", outcome: outcome, seconds: took.inSeconds, bound: bound?.inSeconds, detail: detail,
            since: since)
    }

    /// Looks until the condition is true or the time is up.
    private func wait(for condition: Condition, id: String, deadline: MonotonicTime) async -> Look {
        switch condition {
        case .ping(let from, let to, let network):
            return await pingUntilAnswered(from: from, to: to, over: network, deadline: deadline)
        case .message(let from, let to, let outcome):
            return await messagesUntilEnded(from: from, to: to, outcome: outcome, deadline: deadline)
        case .messagesAccountedFor(let names, let least):
            return await auditMessages(of: names, atLeast: least, deadline: deadline)
        case .untouched, .groups:
            // Both need a stretch of time to be told: probes for as long as a lost one takes to be known as lost.
            var seen: Look
            repeat {
                seen = await watch(condition, id: id, expected: true) { true }
            } while seen.answer != .yes && MonotonicTime.now < deadline && !Task.isCancelled
            return seen
        default:
            while true {
                let seen = await look(condition)
                if seen.answer == .yes || MonotonicTime.now >= deadline || Task.isCancelled { return seen }
                try? await Task.sleep(for: Self.lookInterval)
            }
        }
    }

    /// Looks again and again, at least once. Yes: each look was as expected.
    private func watch(_ condition: Condition, id: String, expected: Bool, isOver: () -> Bool) async -> Look {
        switch condition {
        case .ping(let from, let to, let network) where expected:
            return await pingSteadily(from: from, to: to, over: network, isOver: isOver)
        case .ping(let from, let to, let network):
            if network == .mesh, to.contains(where: { directory.address(of: $0) == nil }) { predicted(id) }
            return await pingNever(from: from, to: to, over: network, isOver: isOver).opposite
        case .untouched(let loss): return await pingUntouched(loss: loss, isInvariant: isInvariant(id), isOver: isOver)
        case .groups(let groups): return await pingGroups(groups, isOver: isOver)
        case .message, .messagesAccountedFor: return Look(.unknown, "messages have an end, and no state to watch")
        default: break
        }
        var record = LookRecord(isPatient: isInvariant(id))
        repeat {
            let seen = await look(condition)
            record.add(expected ? seen : seen.opposite)
            try? await Task.sleep(for: Self.lookInterval)
        } while !record.isDecided && !isOver()
        return record.verdict(expected ? "at each" : "at none")
    }

    private func isInvariant(_ id: String) -> Bool { scenario.invariants.contains { $0.id == id } }

    /// Looks once.
    func look(_ condition: Condition) async -> Look {
        do {
            switch condition {
            case .peer(let peer, let places, let present): return try await lookAtPeer(peer, on: places, present: present)
            case .peersComplete(let places): return try await lookAtAllPeers(on: places)
            case .handshake(let from, let to, let age): return try await lookAtHandshakes(from: from, to: to, youngerThan: age)
            case .coordinatorSees(let names, let liveness): return try await lookAtCoordinator(names, as: liveness)
            case .truth(let online, let offline): return lookAtTruth(falseOnline: online, falseOffline: offline)
            case .sameIdentity(let names): return try await lookAtIdentities(names)
            case .uniqueAddresses(let names): return try await lookAtAddresses(names)
            case .service(let target, let state): return try await lookAtService(target, state)
            case .memory(let target, let limit): return try await lookAtMemory(target, below: limit)
            case .descriptors(let target, let limit): return try await lookAtDescriptors(target, below: limit)
            case .log(let target, let pattern): return try lookAtLog(target, pattern)
            case .command(let expectation, let names): return try await lookAtCommand(expectation, on: names)
            case .wire(let expectation): return try await lookAtWire(expectation)
            case .ping, .message, .messagesAccountedFor, .untouched, .groups:
                return Look(.unknown, "this condition is probed, not looked at")
            }
        } catch {
            return Look(.unknown, "could not look: \(error)")
        }
    }
}
