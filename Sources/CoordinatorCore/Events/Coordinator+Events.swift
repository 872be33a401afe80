import Basics
import Logging
import MeshModel
import Observability

extension Coordinator {
    /// How long events are gathered before they are written together.
    static let eventDelay = Duration.milliseconds(250)

    /// Notes an event: those who follow see it now, the disk has it soon after.
    func note(_ event: String, _ peer: Peer, _ detail: String, _ reason: String?) {
        events.append(
            MembershipEvent(
                number: 0, time: CoordinatorClock.text(clock.wall()), event: event, machine: peer.id, name: peer.name,
                detail: detail, reason: reason))
        eventSaveRequested.yield()
        for follower in eventFollowers.values { follower.wake() }
    }

    /// For `GET /v1/events`: what is on disk, and what is not there yet.
    func eventList(_ query: EventQuery) async throws(CodedError) -> MembershipEventList {
        var query = query
        query.id = query.machine.flatMap(MachineName.init).flatMap { membership.registry[$0]?.id }
        // Taken before the disk is read, so that what is written meanwhile is in both and not in neither.
        let unwritten = events.unwritten
        let (latest, lost) = (events.latest, events.lost)
        let stored = try await store.events(query)
        let known = stored.last?.number ?? 0
        let all = stored + unwritten.filter { $0.number > known }
        return MembershipEventList(events: query.pick(all), latest: latest, lost: lost)
    }

    /// Writes all events that wait. What could not be written waits on.
    func saveEvents() async throws(CodedError) {
        while let last = events.batch.last {
            try await store.save(events: events.batch)
            events.written(upTo: last.number)
        }
    }

    /// Writes events as they come, until cancelled. A failure is retried with a growing, jittered delay for as long as it takes.
    func runEventSaving() async {
        let longest = Duration.seconds(10)
        var delay = Self.eventDelay
        for await _ in eventSaveRequests {
            try? await Task.sleep(for: Self.eventDelay)
            do {
                try await saveEvents()
                delay = Self.eventDelay
            } catch {
                logger.event(
                    "events-not-saved", "events could not be written and are kept in memory: \(error)",
                    [
                        "retry_ms": .stringConvertible(delay.wholeMilliseconds), "code": "\(error.code)",
                        "waiting": .stringConvertible(events.unwritten.count), "lost": .stringConvertible(events.lost),
                    ], level: .error)
                try? await Task.sleep(for: delay * Double.random(in: 0.5...1))
                delay = min(delay * 2, longest)
                eventSaveRequested.yield()
            }
        }
    }

    /// How many may follow the events at once: half of the connections that the admin socket takes, so that there is room for commands.
    static let followerLimit = 16

    /// - Throws: `CodedError` with code `stopping`, or `busy` when too many follow already.
    func checkRoomForFollower() throws(CodedError) {
        guard !isStopping else { throw CodedError("stopping", "the coordinator is stopping: try again in a moment") }
        guard eventFollowers.count < Self.followerLimit else {
            throw CodedError("busy", "\(Self.followerLimit) follow the events already: end one of them")
        }
    }

    /// A reader of the events takes nothing.
    func noteStalledFollower() {
        logger.event(
            "events-reader-stalled", "somebody who followed the events took nothing and was cut off", level: .warning)
    }

    /// Somebody begins to follow the events; ended already if the coordinator is stopping or too many follow.
    func openEventFollower() -> EventFollower {
        let follower = EventFollower()
        guard !isStopping, eventFollowers.count < Self.followerLimit else {
            follower.end()
            return follower
        }
        eventFollowers[ObjectIdentifier(follower)] = follower
        return follower
    }

    func closeEventFollower(_ follower: EventFollower) { eventFollowers[ObjectIdentifier(follower)] = nil }

    /// Ends all streams of events, so that the server can stop at once.
    func stopEventFollowers() {
        for follower in eventFollowers.values { follower.end() }
        eventFollowers = [:]
    }

    /// The number of the latest event; 0 if there was none yet.
    var latestEvent: Int { events.latest }
}

/// Why an event happened, from the fields that the log line has.
enum EventReason {
    static func of(_ event: String, _ fields: Logger.Metadata) -> String? {
        if let reason = fields["reason"] { return "\(reason)" }
        switch event {
        case "machine-registered":
            guard let by = fields["by"] else { return nil }
            return "\(by)" == "credential" ? "its credential admitted it" : "the join token \(by) admitted it"
        case "machine-endpoints-changed": return "a heartbeat brought them"
        case "machine-left": return "the machine asked for it"
        case "machine-removed": return "an administrator's command"
        default: return nil
        }
    }
}
