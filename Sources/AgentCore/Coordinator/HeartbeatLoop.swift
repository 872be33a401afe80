import AgentLogic
import Basics
import ControlProtocol
import Logging
import MeshModel
import Observability
import Timing

/// Tells the coordinator at its interval that this machine is alive, and at once when there is news.
struct HeartbeatLoop: Sendable {
    let membership: Membership
    let client: CoordinatorClient
    let endpoints: LocalEndpoints
    let session: CoordinatorSession
    let logger: Logger

    /// How often the machine's addresses are looked at, when the heartbeat interval is longer.
    private static let lookInterval = Duration.seconds(2)

    /// Runs until the task is cancelled.
    func run() async {
        var schedule: HeartbeatSchedule?
        var known: [Endpoint]?
        var reported: [Endpoint]?
        var announcements = 0
        var observed = 0
        var failingSince: MonotonicTime?
        while !Task.isCancelled {
            let state = membership.current
            guard let registration = state.registration, state.isRegistered, !state.isLeaving else {
                await membership.heartbeatSignal.wait()
                continue
            }
            var plan = schedule ?? HeartbeatSchedule(interval: registration.liveness.interval)
            let candidates = endpoints.current(mesh: registration.meshPrefix)
            let observations = membership.probes.news
            if candidates != reported || state.announcements != announcements || observations != observed { plan.noteNews() }
            if let known, candidates != known { noteChange(candidates) }
            known = candidates
            if plan.due <= .now {
                plan.noteSent(now: .now)
                announcements = state.announcements
                reported = candidates
                observed = observations
                let failure = await send(candidates, state, registration, &plan)
                settle(failure, &failingSince)
            }
            schedule = plan
            await membership.heartbeatSignal.wait(until: min(plan.due, .now + Self.lookInterval))
        }
    }

    private func send(
        _ candidates: [Endpoint], _ state: Membership.State, _ registration: Registration, _ schedule: inout HeartbeatSchedule
    ) async -> CoordinatorFailure? {
        let observations = membership.probes.takeObservations()
        let request = HeartbeatRequest(
            endpoints: candidates, applied: state.applied, observations: observations.isEmpty ? nil : observations)
        do throws(CoordinatorFailure) {
            let answer = try await client.heartbeat(
                request, at: state.identity.coordinator, as: registration, limit: schedule.timeout)
            schedule.setInterval(answer.liveness.interval)
            return nil
        } catch {
            membership.probes.putBack(observations)
            return error
        }
    }

    /// A stream that has been silent since heartbeats began to fail may be dead without knowing it: it is opened again as soon as one
    /// gets through.
    private func settle(_ failure: CoordinatorFailure?, _ failingSince: inout MonotonicTime?) {
        guard let failure else {
            guard let since = failingSince.take() else { return }
            logger.event("heartbeat-resumed", "heartbeats get through again")
            guard session.lastHeard < since else { return }
            session.interrupt(
                CoordinatorFailure(kind: .doubtful, code: "doubtful", detail: "the connection was interrupted; following anew"))
            return
        }
        guard !Task.isCancelled else { return }
        if failingSince == nil {
            failingSince = .now
            logger.event(
                "heartbeat-failed", "a heartbeat did not get through: \(failure.detail)", ["code": "\(failure.code)"],
                level: .warning)
        }
        if failure.kind == .unauthorized { session.interrupt(failure) }
    }

    private func noteChange(_ endpoints: [Endpoint]) {
        membership.noteMoved()
        logger.event(
            "endpoints-changed", "this machine's addresses have changed",
            ["endpoints": .array(endpoints.map { "\($0)" })])
    }
}

extension LivenessSettings {
    /// From one heartbeat to the next.
    var interval: Duration { .milliseconds(heartbeatIntervalMilliseconds) }
}
