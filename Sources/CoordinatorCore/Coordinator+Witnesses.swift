import Basics
import ControlProtocol
import CoordinatorLogic
import MeshModel

extension Coordinator {
    /// Puts the questions that are due to those who can probe the suspects.
    ///
    /// - Returns: when there are more; nil while nobody is suspect.
    func askWitnesses(at now: MonotonicTime) -> MonotonicTime? {
        var generator = SystemRandomNumberGenerator()
        let asking = membership.askWitnesses(at: now, using: &generator)
        for question in asking.questions {
            let probe = ProbeRequest(
                machine: question.suspect, request: question.request, withinMilliseconds: Int(question.within.wholeMilliseconds))
            streams[question.witness]?.post(.probe(probe))
        }
        return asking.wake
    }

    /// Takes what a machine answers. Whatever was not asked is counted and passed over.
    func take(_ observations: [PeerObservation], from witness: MachineID) {
        for observation in observations {
            let now = clock.monotonic()
            let answer = membership.answer(
                observation.request, about: observation.machine, by: witness, reachable: observation.reachable, at: now)
            guard answer == .reached(isFirst: true), let peer = membership.registry[observation.machine] else { continue }
            let silence = membership.tracker.silence(of: peer.id, at: now)
            record(
                "machine-reached", peer,
                "\(peer.name) has lost the coordinator only: \(membership.name(of: witness)) reaches it over the mesh",
                [
                    "witness": "\(membership.name(of: witness))",
                    "silent_ms": .stringConvertible(silence?.wholeMilliseconds ?? 0),
                ])
        }
    }
}
