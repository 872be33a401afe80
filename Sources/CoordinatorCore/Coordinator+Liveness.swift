import Basics
import ControlProtocol
import CoordinatorLogic
import MeshModel

extension Coordinator {
    /// Takes a heartbeat.
    ///
    /// - Throws: `CodedError` with code `credential-invalid` if the machine was removed meanwhile.
    func heartbeat(_ request: HeartbeatRequest, from caller: Caller) throws(CodedError) -> HeartbeatResponse {
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
        if heartbeat.endpointsChanged || heartbeat.transition != nil { announceChanges() }
        return HeartbeatResponse(liveness: settings.liveness)
    }

    /// Looks at the clock: declares who has been silent too long.
    ///
    /// - Returns: when to look again.
    func tick() -> MonotonicTime {
        let tick = membership.tick(at: clock.monotonic())
        for transition in tick.transitions { recordTransition(transition) }
        if !tick.transitions.isEmpty { announceChanges() }
        return tick.wake
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
        let detail: (event: String, text: String) =
            switch transition.to {
            case .suspect: ("machine-suspect", "\(peer.name) has been silent for \(silence)")
            case .unresponsive: ("machine-unresponsive", "\(peer.name) has been silent for \(silence) and is given up")
            case .alive: ("machine-recovered", "\(peer.name) is heard again after \(silence)")
            }
        record(
            detail.event, peer, detail.text,
            ["silent_ms": .stringConvertible(transition.silence.wholeMilliseconds), "was": "\(transition.from.rawValue)"],
            level: transition.to == .alive ? .info : .warning)
        if transition.to == .unresponsive || transition.from == .unresponsive { markUnsaved(transition.id) }
    }
}
