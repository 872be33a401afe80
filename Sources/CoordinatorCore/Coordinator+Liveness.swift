import Basics
import ControlProtocol
import CoordinatorLogic
import Logging
import MeshModel

extension Coordinator {
    /// Takes a heartbeat.
    ///
    /// - Parameter remote: the address that it came from, if it came over a network.
    /// - Throws: `CodedError` with code `credential-invalid` if the credential is no longer the machine's.
    func heartbeat(_ request: HeartbeatRequest, from caller: Caller, at remote: IPAddress? = nil) throws(CodedError)
        -> HeartbeatResponse
    {
        try confirm(caller)
        let id = caller.machine
        guard let heartbeat = membership.heartbeat(id, endpoints: request.endpoints, at: clock.monotonic()) else {
            throw CodedError("credential-invalid", "the machine \(id) is not registered any longer: register again")
        }
        applied[id] = request.applied
        if heartbeat.endpointsChanged {
            markUnsaved(id)
            if let peer = membership.registry[id] {
                let endpoints = peer.endpoints.map(\.description).joined(separator: ",")
                record("machine-endpoints-changed", peer, "\(peer.name) has other endpoints", ["endpoints": "\(endpoints)"])
            }
        }
        if let transition = heartbeat.transition { recordTransition(transition) }
        take(request.observations ?? [], from: id)
        let hasSeenNews = takeObserved(request.observedEndpoints ?? [], from: id, at: remote)
        if heartbeat.endpointsChanged || heartbeat.transition != nil || hasSeenNews { announceChanges() }
        return HeartbeatResponse(liveness: presentLiveness)
    }

    /// What a machine is told with every answer: the settings, stretched for a large fleet.
    var presentLiveness: LivenessSettings {
        let limits = membership.tracker.limits
        return LivenessSettings(
            heartbeatIntervalMilliseconds: Int(limits.heartbeatInterval.wholeMilliseconds),
            suspectAfterMilliseconds: Int(limits.suspectAfter.wholeMilliseconds),
            unresponsiveAfterMilliseconds: Int(limits.unresponsiveAfter.wholeMilliseconds))
    }

    /// Looks at the clock: declares who has been silent too long, and has the suspects probed.
    ///
    /// - Returns: when to look again.
    func tick() -> MonotonicTime {
        let now = clock.monotonic()
        let tick = membership.tick(at: now)
        for transition in tick.transitions { recordTransition(transition) }
        if !tick.transitions.isEmpty { announceChanges() }
        return askWitnesses(at: now).map { min($0, tick.wake) } ?? tick.wake
    }

    /// Ticks whenever a deadline comes up, until cancelled.
    func runLiveness() async {
        while !Task.isCancelled {
            let wake = tick()
            let wait = wake - clock.monotonic()
            guard wait > .zero else { continue }
            try? await Task.sleep(for: wait, tolerance: .zero)
        }
    }

    /// Logs a change of liveness; what has to outlive the process is stored soon after.
    func recordTransition(_ transition: LivenessTracker.Transition) {
        guard let peer = membership.registry[transition.id] else { return }
        let silence = DurationText.format(transition.silence)
        let reason = membership.reason(of: peer.id, at: clock.monotonic())
        let detail: (event: String, text: String) =
            switch transition.to {
            case .suspect: ("machine-suspect", "\(peer.name) is suspect: \(reason ?? "it has been silent for \(silence)")")
            case .unresponsive:
                ("machine-unresponsive", "\(peer.name) has been silent for \(silence), no witness reaches it, and it is given up")
            case .alive: ("machine-recovered", "\(peer.name) is heard again after \(silence)")
            }
        var fields: Logger.Metadata = [
            "silent_ms": .stringConvertible(transition.silence.wholeMilliseconds), "was": "\(transition.from.rawValue)",
        ]
        if transition.to != .alive {
            fields["reason"] = transition.cause == .connectionBroke ? "connection-broke" : "silence"
        }
        record(detail.event, peer, detail.text, fields, level: transition.to == .alive ? .info : .warning)
        if transition.to == .unresponsive || transition.from == .unresponsive { markUnsaved(transition.id) }
    }
}
