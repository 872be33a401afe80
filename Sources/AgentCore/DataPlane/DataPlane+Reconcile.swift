import AgentLogic
import Basics
import Glibc
import MeshModel
import Netlink
import WireGuardModel
import Timing

extension DataPlane {
    /// Looks, compares, changes.
    ///
    /// - Returns: when to look again.
    func reconcile() async throws(CodedError) -> MonotonicTime {
        note(try await backend.open())
        let state = membership.current
        try followOwnKey(state)
        let now = MonotonicTime.now
        let isJudged = noteEvidence(now)
        // The interface and its routes are nobody else's affair, as a rule: news of peers are no reason to look at them.
        let looksAtInterface =
            settled.deviceIsNew || settled.registration != state.registration
            || settled.underlayChanges != state.underlayChanges || settled.nextFullLook <= now
        let isFull =
            looksAtInterface || isJudged || settled.generation != state.generation
            || keptPeers.nextWake.map { $0 <= now } ?? false
        ipv6.hasJustChanged = false
        if looksAtInterface {
            try lookAtInterface(state)
            settled.registration = state.registration
            settled.underlayChanges = state.underlayChanges
        }

        let device = try backend.read()
        try followMTU(device, state, now)
        let mayStart = settled.generation >= 0 || state.word.allowsRememberedMap(age: now - started)
        guard state.map.position != nil, mayStart else {
            return try awaitFirstMap(state, device, hasLooked: looksAtInterface)
        }

        let selection = select(state, now, isFull: isFull)
        let candidates = candidates(of: selection.wanted, state, isFull: isFull)
        let starts = try decideStarts(selection.wanted, candidates, device, state, now)
        let wanted = WantedState(
            privateKey: state.identity.privateKey, publicKey: state.publicKey, listenPort: settings.listenPort,
            peers: selection.wanted.compactMap { peer in
                formation.wanted(peer.publicKey, allowedIPs: Self.allowedIPs(of: peer), start: starts[peer.publicKey])
            }, routesIPv6: ipv6.isThere)
        let plan = Reconciler.plan(wanted, device: device, routes: settled.routes)
        noteDrift(in: plan, starts: starts)
        try carryOut(plan)
        if isFull { noteSeen(selection.wanted, device) }
        finish(selection, state, isFull: isFull)
        settleUntilNextLook(hasLooked: looksAtInterface)
        return [settled.nextFullLook, formation.nextWake(now: .now), keptPeers.nextWake].compactMap(\.self).min() ?? now
    }

    /// No map is not an empty map: what an earlier run left on the device stays until there is one that may be used.
    private func awaitFirstMap(
        _ state: Membership.State, _ device: WireGuardDevice, hasLooked: Bool
    ) throws(CodedError) -> MonotonicTime {
        var change = DeviceChange()
        if device.privateKey != state.identity.privateKey { change.privateKey = state.identity.privateKey }
        if device.listenPort != settings.listenPort { change.listenPort = settings.listenPort }
        if !change.isEmpty { try backend.apply(change) }
        settleUntilNextLook(hasLooked: hasLooked)
        return settled.nextFullLook
    }

    /// The peers to configure: worked out anew only when the map or this machine's identity has changed.
    private func select(
        _ state: Membership.State, _ now: MonotonicTime, isFull: Bool
    ) -> (wanted: [Peer], rejected: [MachineID: PeerSelection.Reason]) {
        guard isFull else { return (settled.peers.values.sorted { $0.id < $1.id }, settled.rejected) }
        guard let registration = state.registration else { return ([], [:]) }
        let own = OwnIdentity(
            id: registration.id, publicKey: state.publicKey, meshAddress: registration.meshAddress,
            meshPrefix: registration.meshPrefix, meshAddress6: registration.ipv6?.address, meshPrefix6: registration.ipv6?.mesh)
        judge(state.map, now)
        let selection = PeerSelection(
            from: pinned(state.map, own, now), own: own, holding: keptPeers.held, known: pins.ids)
        // A probe of a peer that goes must not find its way past the tunnel.
        membership.probes.forget(Set(settled.peers.keys).subtracting(selection.wanted.map(\.id)))
        return (selection.wanted, selection.rejected)
    }

    private func decideStarts(
        _ wanted: [Peer], _ candidates: [PublicKey: [Endpoint]], _ device: WireGuardDevice, _ state: Membership.State,
        _ now: MonotonicTime
    ) throws(CodedError) -> [PublicKey: HandshakeStart] {
        let isArriving = settled.generation < 0 || wasMember && now - started < Self.arrivalPeriod
        // Addresses are given out in order: the higher one came later, as a rule.
        let own = state.registration?.meshAddress
        let older = Set(wanted.filter { peer in own.map { peer.meshAddress < $0 } ?? false }.map(\.publicKey))
        formation.track(candidates, now: now, startsFirst: older.contains) { key in
            isArriving ? (wasMember ? .comeback : .arrival) : settled.formerKeys.contains(key) ? .reunion : .newcomer
        }
        noteDepartures(wanted)
        var wallClock = timespec()
        clock_gettime(CLOCK_REALTIME, &wallClock)
        let seconds = HandshakeTime(seconds: Int64(wallClock.tv_sec), nanoseconds: Int32(wallClock.tv_nsec))
        note(formation.observe(device, wallClock: seconds, now: now, using: &generator), wanted)
        if state.announcements != settled.announcements {
            formation.nudge(now: now, using: &generator)
            settled.announcements = state.announcements
        }
        if state.moves != settled.moves {
            formation.move(now: now)
            settled.moves = state.moves
        }
        let starts = formation.decide(now: now, using: &generator)
        note(starts, wanted)
        return starts
    }

    /// In the plan's order: what goes fails at once, what comes is ready before packets are sent its way.
    private func carryOut(_ plan: ReconcilePlan) throws(CodedError) {
        guard !plan.isEmpty, let index = settled.index else { return }
        settled.isToBeReadBack = true
        for destination in plan.routesToRemove {
            try routes.removeRoute(Route(destination: destination, interface: index, protocolNumber: Self.routeProtocol))
        }
        if !plan.change.isEmpty { try backend.apply(plan.change) }
        for destination in plan.routesToAdd {
            try routes.addRoute(Route(destination: destination, interface: index, protocolNumber: Self.routeProtocol))
        }
        settled.routes.removeAll { plan.routesToRemove.contains($0.destination) }
        settled.routes += plan.routesToAdd.map { ObservedRoute(destination: $0, isOurs: true) }
    }

    private func finish(
        _ selection: (wanted: [Peer], rejected: [MachineID: PeerSelection.Reason]), _ state: Membership.State, isFull: Bool
    ) {
        if isFull {
            noteChanges(to: selection.wanted, rejected: selection.rejected, map: state.map)
            remember(selection.wanted)
            settled.peers = Dictionary(selection.wanted.map { ($0.id, $0) }) { first, _ in first }
            settled.rejected = selection.rejected
            settled.allowedIPs = Dictionary(selection.wanted.map { ($0.publicKey, Self.allowedIPs(of: $0)) }) { first, _ in first
            }
            let known = Set(state.map.peers.values.map(\.publicKey))
            settled.formerKeys = settled.formerKeys.union(settled.allowedIPs.keys).intersection(known)
            settled.generation = state.generation
            membership.probes.setConfigured(settled.peers.mapValues(\.meshAddress))
        }
        membership.noteApplied(state.map.position)
    }

    /// - Parameter hasLooked: whether interface and routes were looked at in this round.
    private func settleUntilNextLook(hasLooked: Bool) {
        let pause = formation.lookInterval(now: .now)
        let next = MonotonicTime.now + (settled.isToBeReadBack ? min(Self.readBackDelay, pause) : pause)
        settled.nextFullLook = hasLooked ? next : min(settled.nextFullLook, next)
        settled.isToBeReadBack = false
        guard hasLooked else { return }
        settled.deviceIsNew = false
        for line in backend.complaints() {
            logger.event("wireguard-complained", "\(backend.name): \(line)", level: .warning)
        }
    }

    static func allowedIPs(of peer: Peer) -> [IPPrefix] {
        [peer.meshAddress, peer.meshAddress6].compactMap(\.self).map { IPPrefix(host: $0) }
    }
}
