import AgentLogic
import Basics
import Logging
import MeshModel
import Observability
import WireGuardControl

extension DataPlane {
    /// A device that is new or was taken over is logged and watched.
    func note(_ origin: DeviceOrigin) {
        let fields: Logger.Metadata = ["backend": "\(backend.name)", "interface": "\(settings.interface)"]
        func origins(_ pid: Int32?) -> Logger.Metadata {
            var all = fields.merging(["reason": "\(backend.reason)"]) { $1 }
            all["pid"] = pid.map { .stringConvertible($0) }
            return all
        }
        switch origin {
        case .present: return
        case .created(let pid):
            logger.event("wireguard-started", "WireGuard runs (\(backend.name): \(backend.reason))", origins(pid))
        case .adopted(let pid):
            logger.event("wireguard-adopted", "took over the interface that an earlier run left, sessions and all", origins(pid))
        }
        settled.deviceIsNew = true
        settled.routes = []
        settled.addresses = []
        watcher?.cancel()
        watcher = Task { [backend, logger, membership] in
            let reason = await backend.waitForEnd()
            guard !Task.isCancelled else { return }
            logger.event(
                "wireguard-exited", "the WireGuard interface came to its end: \(reason)",
                fields.merging(["reason": "\(reason)"]) { $1 },
                level: .warning)
            membership.dataPlaneSignal.wake()
        }
    }

    func note(_ events: [Formation.Event], _ peers: [Peer]) {
        for event in events {
            switch event {
            case .sessionFormed(let key, let after):
                logger.event(
                    "handshake-complete", "a session with the peer is up",
                    identify(key, peers).merging(["ms": .stringConvertible(after.wholeMilliseconds)]) { $1 })
            case .sessionLost(let key):
                logger.event(
                    "session-lost", "the session with the peer is over; starting a new one", identify(key, peers),
                    level: .warning)
            case .sessionSilent(let key):
                logger.event(
                    "session-silent", "the new session with the peer carries nothing; starting another one",
                    identify(key, peers), level: .warning)
            }
        }
    }

    func note(_ starts: [PublicKey: HandshakeStart], _ peers: [Peer]) {
        guard logger.logLevel <= .debug else { return }
        for (key, start) in starts where start == .first || start == .again {
            let wanted = formation.wanted(key, allowedIPs: [], start: start)
            logger.event(
                "handshake-kick", "starting a handshake",
                identify(key, peers).merging([
                    "attempt": .stringConvertible(formation.attempts(key)),
                    "endpoint": "\(wanted?.endpoint.map { "\($0)" } ?? "")",
                    "kind": "\(start)",
                ]) { $1 }, level: .debug)
        }
    }

    func noteDrift(in plan: ReconcilePlan, starts: [PublicKey: HandshakeStart]) {
        // The kernel took the routes itself when IPv6 was switched off.
        guard !settled.deviceIsNew, !ipv6.hasJustChanged else { return }
        let drift = Drift(in: plan, settled: settled.allowedIPs, starts: Set(starts.keys))
        guard !drift.isEmpty else { return }
        logger.event(
            "drift-repaired", "somebody else had changed the WireGuard device or its routes",
            [
                "missing_peers": .array(drift.missingPeers.map { "\($0)" }),
                "foreign_peers": .array(drift.foreignPeers.map { "\($0)" }),
                "altered_peers": .array(drift.alteredPeers.map { "\($0)" }),
                "missing_routes": .array(drift.missingRoutes.map { "\($0)" }),
                "foreign_routes": .array(drift.foreignRoutes.map { "\($0)" }),
                "device_settings": .stringConvertible(drift.deviceSettings),
            ], level: .warning)
    }

    /// Says what changed since the last round, once it is in place.
    func noteChanges(to wanted: [Peer], rejected: [MachineID: PeerSelection.Reason], map: PeerMap) {
        let now = Dictionary(wanted.map { ($0.id, $0) }) { first, _ in first }
        for peer in settled.peers.values.filter({ now[$0.id] == nil }).sorted(by: { $0.name < $1.name }) {
            let reason = rejected[peer.id]?.rawValue ?? "left"
            logger.event("peer-removed", "\(peer.name) is no longer a peer", fields(peer).merging(["reason": "\(reason)"]) { $1 })
        }
        for peer in wanted.filter({ settled.peers[$0.id] != $0 }).sorted(by: { $0.name < $1.name }) {
            if let before = settled.peers[peer.id] {
                let changes = Self.differences(before, peer)
                guard !changes.isEmpty else { continue }
                logger.event(
                    "peer-updated", "\(peer.name) has changed",
                    fields(peer).merging(["changed": .array(changes.map { "\($0)" }), "liveness": "\(peer.liveness.rawValue)"]) {
                        $1
                    })
            } else {
                let reason = settled.rejected[peer.id] != nil ? "returned" : settled.generation < 0 ? "known" : "new"
                logger.event("peer-added", "\(peer.name) is a peer", fields(peer).merging(["reason": "\(reason)"]) { $1 })
            }
        }
        for (id, reason) in rejected.sorted(by: { $0.key < $1.key }) where reason != .own && reason != .unresponsive {
            guard settled.rejected[id] != reason, let peer = map.peers[id] else { continue }
            logger.event(
                "peer-rejected", "\(peer.name) cannot be a peer: the map is inconsistent",
                fields(peer).merging(["reason": "\(reason.rawValue)"]) { $1 }, level: .warning)
        }
    }

    private static func differences(_ before: Peer, _ after: Peer) -> [String] {
        let checks = [
            ("name", before.name != after.name), ("key", before.publicKey != after.publicKey),
            ("mesh-address", before.meshAddress != after.meshAddress || before.meshAddress6 != after.meshAddress6),
            ("endpoints", before.endpoints != after.endpoints),
            ("observed-endpoints", before.observedEndpoints != after.observedEndpoints),
            ("liveness", before.liveness != after.liveness),
        ]
        return checks.filter(\.1).map(\.0)
    }

    func fields(_ peer: Peer) -> Logger.Metadata {
        ["peer": "\(peer.name)", "id": "\(peer.id)", "address": "\(peer.meshAddress)"]
    }

    private func identify(_ key: PublicKey, _ peers: [Peer]) -> Logger.Metadata {
        peers.first { $0.publicKey == key }.map(fields) ?? ["key": "\(key)"]
    }
}
