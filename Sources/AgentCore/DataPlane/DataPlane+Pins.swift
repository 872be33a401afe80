import AgentLogic
import Basics
import MeshModel
import Observability

extension DataPlane {
    /// The machines of the map, each with the key and the addresses that are in force.
    func pinned(_ map: PeerMap, _ own: OwnIdentity, _ now: MonotonicTime) -> [Peer] {
        let peers = Array(map.peers.values)
        let working = Set(settled.peers.values.map(\.publicKey).filter { formation.hasSession($0) })
        for event in pins.follow(peers, meshPrefix6: own.meshPrefix6, working: working, now: now) { note(event) }
        return peers.map(pins.inForce)
    }

    /// Who is a peer is known from now on.
    func remember(_ wanted: [Peer]) {
        pins.learn(wanted)
        guard pins.generation != settled.pinGeneration else { return }
        settled.pinGeneration = pins.generation
        membership.notePins(pins.all)
    }

    private func note(_ event: Pins.Event) {
        switch event {
        case .refused(let peer, let change, let known):
            logger.event(
                "peer-change-refused",
                "the coordinator gives \(peer.name) another \(Self.describe(change)) without a cause; what was known stays in force",
                fields(peer).merging([
                    "change": "\(change.rawValue)", "key": "\(peer.publicKey)", "known_key": "\(known.publicKey)",
                    "known_address": "\(known.meshAddress)",
                ]) { $1 }, level: .error)
        case .gaveWay(let peer, let known, let reason):
            logger.event(
                "peer-change-accepted",
                reason == .keyMoved
                    ? "\(peer.name) is believed to have another key: another machine has the one that it was known by"
                    : "\(peer.name) is believed to have changed: nothing has spoken for what it was known by for too long",
                fields(peer).merging([
                    "reason": "\(reason.rawValue)", "key": "\(peer.publicKey)", "known_key": "\(known.publicKey)",
                    "known_address": "\(known.meshAddress)",
                ]) { $1 }, level: .warning)
        }
    }

    private static func describe(_ change: Pins.Change) -> String {
        switch change {
        case .key: "key"
        case .address: "mesh address"
        case .keyAndAddress: "key and mesh address"
        }
    }
}
