import AgentLogic
import Basics
import MeshModel
import Observability

extension DataPlane {
    /// Takes note of what probes of kept peers have shown.
    ///
    /// - Returns: whether there was anything.
    func noteEvidence(_ now: MonotonicTime) -> Bool {
        let evidence = membership.probes.takeEvidence()
        for (machine, answered) in evidence {
            let wasKept = keptPeers.kept.contains(machine)
            keptPeers.note(machine, answered: answered, now: now)
            guard !wasKept, keptPeers.kept.contains(machine), let peer = settled.peers[machine] else { continue }
            logger.event(
                "peer-kept", "\(peer.name) stays a peer: the coordinator does not hear from it, but it answers over its tunnel",
                fields(peer), level: .warning)
        }
        return !evidence.isEmpty
    }

    /// Asks for evidence before a peer that the coordinator calls unresponsive is dropped.
    func judge(_ map: PeerMap, _ now: MonotonicTime) {
        let unresponsive = Set(map.peers.values.filter { $0.liveness == .unresponsive }.map(\.id))
        let questions = keptPeers.track(unresponsive: unresponsive, configured: Set(settled.peers.keys), now: now)
        for question in questions { membership.probes.ask(question) }
    }
}
