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

    /// What one round leaves for the next.
    private struct Progress {
        var schedule: HeartbeatSchedule
        /// What was sent last.
        var reported: [Endpoint]?
        var announcements = 0
        /// The registration that stood for a heartbeat.
        var registeredAt: MonotonicTime?
        var observed = 0
        var sightings = EndpointReports()
        var failingSince: MonotonicTime?
    }

    /// Runs until the task is cancelled.
    func run() async {
        var progress: Progress?
        while !Task.isCancelled {
            let state = membership.current
            guard let registration = state.registration, state.isRegistered, !state.isLeaving else {
                await membership.heartbeatSignal.wait()
                continue
            }
            var present = progress ?? Progress(schedule: HeartbeatSchedule(interval: registration.liveness.interval))
            await round(state, registration, &present)
            progress = present
            await membership.heartbeatSignal.wait(until: min(present.schedule.due, .now + UnderlayLoop.lookInterval))
        }
    }

    private func round(_ state: Membership.State, _ registration: Registration, _ progress: inout Progress) async {
        takeRegistration(state.told, &progress)
        let candidates = endpoints.current(mesh: registration.meshRanges)
        let observations = membership.probes.news
        // A stream that was opened anew may be another coordinator's, who knows nothing yet.
        let isAnnounced = state.announcements != progress.announcements
        if isAnnounced { progress.sightings.forget() }
        progress.sightings.keep(state.seen.keys)
        let sightings = Array(progress.sightings.due(state.seen, now: .now).prefix(ObservedEndpoint.limit))
        if candidates != progress.reported || isAnnounced || observations != progress.observed
            || !sightings.isEmpty
        {
            progress.schedule.noteNews()
        }
        guard progress.schedule.due <= .now else { return }
        progress.schedule.noteSent(now: .now)
        progress.announcements = state.announcements
        progress.reported = candidates
        progress.observed = observations
        progress.sightings.noteTold(sightings, now: .now)
        let failure = await send(
            candidates, sightings.map(ObservedEndpoint.init), state, registration, &progress.schedule)
        // What did not get through is said again with the first one that does.
        if failure == nil, progress.failingSince != nil { progress.sightings.forget() }
        settle(failure, &progress.failingSince)
    }

    /// A registration stands for the heartbeat of its moment: the next one is due when the stream is open.
    private func takeRegistration(_ told: Membership.State.Told?, _ progress: inout Progress) {
        guard let told, told.at != progress.registeredAt else { return }
        progress.registeredAt = told.at
        progress.reported = told.endpoints
        progress.schedule.noteSent(now: told.at)
    }

    private func send(
        _ candidates: [Endpoint], _ sightings: [ObservedEndpoint], _ state: Membership.State, _ registration: Registration,
        _ schedule: inout HeartbeatSchedule
    ) async -> CoordinatorFailure? {
        let observations = membership.probes.takeObservations()
        let request = HeartbeatRequest(
            endpoints: candidates, applied: state.applied, observations: observations.isEmpty ? nil : observations,
            observedEndpoints: sightings.isEmpty ? nil : sightings)
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
}

private extension ObservedEndpoint {
    init(_ sighting: (machine: MachineID, endpoint: Endpoint)) {
        self.init(machine: sighting.machine, endpoint: sighting.endpoint)
    }
}

extension LivenessSettings {
    /// From one heartbeat to the next.
    var interval: Duration { .milliseconds(heartbeatIntervalMilliseconds) }
}
