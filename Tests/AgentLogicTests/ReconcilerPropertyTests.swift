import MeshModel
import Testing
import WireGuardModel

@testable import AgentLogic

/// Any device, however others' hands have changed it, becomes what it should be, and what is right already is never mentioned.
@Suite struct ReconcilerPropertyTests {
    private struct Case {
        var wanted: WantedState
        var device: ModelDevice
        var routes: [ObservedRoute]
    }

    @Test func anyDeviceBecomesWhatItShouldBe() throws {
        for seed in 0..<3_000 {
            var generator = SeededGenerator(seed: UInt64(seed))
            try check(try makeCase(&generator), seed: seed)
        }
    }

    private func makeCase(_ generator: inout SeededGenerator) throws -> Case {
        let privateKey = PrivateKey.random()
        let size = Int.random(in: 0...8, using: &generator)
        let addresses = Array(1...12).shuffled(using: &generator)
        var peers: [WantedPeer] = []
        for number in Array(1...10).shuffled(using: &generator).prefix(size) {
            var allowed = [host(addresses[number - 1])]
            if generator.chance(0.1) { allowed.append(host(100 + number)) }
            let start: HandshakeStart? =
                generator.chance(0.3)
                ? [.first, .again, .probe, .probeFromNewAddress, .probeWhereItIs].randomElement(using: &generator) : nil
            peers.append(
                WantedPeer(
                    publicKey: try key(number), allowedIPs: allowed, endpoint: generator.chance(0.8) ? underlay(number) : nil,
                    keepsAlive: generator.chance(0.7), hasSession: generator.chance(0.5), start: start))
        }
        var device = ModelDevice()
        let own = try key(10)
        if generator.chance(0.8) { device.apply(DeviceChange(privateKey: privateKey, listenPort: 51820), ownKeyAfter: own) }
        for number in Array(1...10).shuffled(using: &generator) where generator.chance(0.6) {
            let wanted = peers.first { $0.publicKey.bytes[1] == UInt8(number) }
            let allowed = generator.chance(0.6) ? wanted?.allowedIPs ?? [] : [host(Int.random(in: 1...12, using: &generator))]
            device.apply(
                .add(
                    try key(number), endpoint: generator.chance(0.7) ? underlay(number + 50) : nil, allowedIPs: allowed,
                    persistentKeepalive: generator.chance(0.8) ? 25 : 0))
        }
        var routes = Set<IPPrefix>()
        for number in 1...12 where generator.chance(0.4) { routes.insert(host(number)) }
        return Case(
            wanted: WantedState(privateKey: privateKey, publicKey: own, listenPort: 51820, peers: peers), device: device,
            routes: routes.map { ObservedRoute(destination: $0, isOurs: generator.chance(0.8)) })
    }

    private func check(_ input: Case, seed: Int) throws {
        let wanted = input.wanted.peers.filter { $0.publicKey != input.wanted.publicKey }
        let before = input.device.state
        let plan = Reconciler.plan(input.wanted, device: before, routes: input.routes)
        let untouched = before.peers.filter { isRight($0, wanted) }.map(\.publicKey)
        #expect(plan.change.peers.allSatisfy { !untouched.contains($0.publicKey) }, "seed \(seed)")

        var device = input.device
        device.apply(
            DeviceChange(privateKey: plan.change.privateKey, listenPort: plan.change.listenPort),
            ownKeyAfter: input.wanted.publicKey)
        for change in plan.change.peers {
            device.apply(change)
            // Not even in the middle of the transaction does a peer that is right lose anything.
            for key in untouched { #expect(find(key, device.state) == find(key, before), "seed \(seed)") }
        }
        checkEnd(device.state, before: before, wanted: wanted, input: input, seed: seed)
        checkRoutes(plan, wanted: wanted, input: input, seed: seed)

        var settled = input.wanted
        for index in settled.peers.indices { settled.peers[index].start = nil }
        let routes = wanted.flatMap(\.allowedIPs).map { ObservedRoute(destination: $0, isOurs: true) }
        #expect(Reconciler.plan(settled, device: device.state, routes: routes).isEmpty, "seed \(seed): a second look finds work")
    }

    private func checkEnd(_ state: WireGuardDevice, before: WireGuardDevice, wanted: [WantedPeer], input: Case, seed: Int) {
        #expect(state.privateKey == input.wanted.privateKey && state.listenPort == input.wanted.listenPort, "seed \(seed)")
        #expect(Set(state.peers.map(\.publicKey)) == Set(wanted.map(\.publicKey)), "seed \(seed)")
        for peer in wanted {
            let after = find(peer.publicKey, state)
            let earlier = find(peer.publicKey, before)
            #expect(Set(after?.allowedIPs ?? []) == Set(peer.allowedIPs), "seed \(seed)")
            if peer.keepsAlive { #expect(after?.persistentKeepalive == 25, "seed \(seed)") }
            if peer.hasSession, let earlier {
                // Only a peer that has said that it is elsewhere is looked for there.
                let mayMove = peer.start == .probeWhereItIs
                #expect(
                    after?.endpoint == earlier.endpoint || mayMove && after?.endpoint == peer.endpoint,
                    "seed \(seed): a session was redirected")
            }
        }
    }

    private func checkRoutes(_ plan: ReconcilePlan, wanted: [WantedPeer], input: Case, seed: Int) {
        let destinations = Set(wanted.flatMap(\.allowedIPs))
        let foreign = Set(input.routes.filter { !$0.isOurs }.map(\.destination))
        let after = Set(input.routes.map(\.destination)).subtracting(plan.routesToRemove).union(plan.routesToAdd)
        #expect(foreign.isDisjoint(with: plan.routesToRemove), "seed \(seed)")
        #expect(after == destinations.union(foreign), "seed \(seed)")
        #expect(Set(plan.routesToAdd).isDisjoint(with: input.routes.map(\.destination)), "seed \(seed)")
    }

    private func find(_ key: PublicKey, _ device: WireGuardDevice) -> WireGuardPeer? {
        device.peers.first { $0.publicKey == key }
    }

    /// Whether an observed peer is as it should be, so that no change may mention it.
    private func isRight(_ observed: WireGuardPeer, _ wanted: [WantedPeer]) -> Bool {
        guard let peer = wanted.first(where: { $0.publicKey == observed.publicKey }) else { return false }
        if [.probe, .probeFromNewAddress, .probeWhereItIs].contains(peer.start) { return false }
        let isPlaced = peer.hasSession || (observed.endpoint != nil || peer.endpoint == nil) && peer.start == nil
        return Set(observed.allowedIPs) == Set(peer.allowedIPs) && isPlaced
            && (!peer.keepsAlive || observed.persistentKeepalive == 25)
    }
}
