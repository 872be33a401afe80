import MeshModel
import Testing
import WireGuardModel

@testable import AgentLogic

/// Long random sequences of updates on one device: peers come and go, change keys, addresses and endpoints, take each other's addresses;
/// handshakes are made and started; other hands interfere; this machine changes its own key.
///
/// After each: the device is as it should be, and looked at again there is nothing to do. All along, after every single step of the
/// transaction: whoever is not concerned has everything it had, session and routes and all; and an address that passes from one peer to
/// another is one's or the other's.
@Suite struct UpdateSequenceTests {
    @Test func noUpdateTouchesWhomItDoesNotConcern() throws {
        var tally = SequenceRun.Tally()
        for seed in 0..<200 {
            var run = try SequenceRun(seed: seed)
            for _ in 0..<200 { try run.round() }
            tally.add(run.tally)
        }
        #expect(tally.updates == 100_000)
        #expect(tally.unconcerned > 60_000 && tally.passedOn > 2_000 && tally.steps > 40_000, "\(tally)")
    }
}

/// What must not be. Thrown, because millions of expectations take their time.
struct Violation: Error, CustomStringConvertible {
    let seed: Int
    let what: String
    var description: String { "seed \(seed): \(what)" }
}

/// One device and what is wanted of it.
struct SequenceRun {
    /// How much was looked at.
    struct Tally {
        /// Changes of what is wanted, and of the device by other hands: two or three a round.
        var updates = 0
        /// Of transactions.
        var steps = 0
        /// Peers that were right, and wanted as they were, once for each round.
        var unconcerned = 0
        /// Addresses that passed from one peer to another.
        var passedOn = 0

        mutating func add(_ other: Tally) {
            updates += other.updates
            steps += other.steps
            unconcerned += other.unconcerned
            passedOn += other.passedOn
        }
    }

    private(set) var tally = Tally()
    private let seed: Int
    private var generator: SeededGenerator
    private var device = ModelDevice()
    private var routes: Set<IPPrefix> = []
    private var foreignRoutes: Set<IPPrefix> = []
    private var wanted: WantedState
    private var time: Int64 = 1

    init(seed: Int) throws {
        self.seed = seed
        generator = SeededGenerator(seed: UInt64(seed))
        wanted = WantedState(privateKey: .random(), publicKey: try key(900), listenPort: 51820, peers: [])
    }

    mutating func round() throws {
        for index in wanted.peers.indices { wanted.peers[index].start = nil }
        for _ in 0..<(tally.updates % 5 == 0 ? 2 : 3) {
            tally.updates += 1
            if generator.chance(0.7) { try changeWishes() } else { try interfere() }
        }
        try reconcile()
    }

    // MARK: What happens

    private mutating func changeWishes() throws {
        let number = Int.random(in: 1...9, using: &generator)
        let index = wanted.peers.indices.randomElement(using: &generator)
        switch (Int.random(in: 0..<10, using: &generator), index) {
        case (0...2, _): try add(number)
        case (3, let index?): wanted.peers.remove(at: index)
        case (4, let index?): try changeKey(index)
        case (5, let index?): moveAddress(index)
        case (6, let index?): wanted.peers[index].endpoint = underlay(number + 100)
        case (7, let index?): shakeHands(index, number)
        case (8, let index?): start(index)
        case (9, _) where generator.chance(0.1): wanted.privateKey = .random()
        default: break
        }
    }

    private func isFree(_ prefix: IPPrefix) -> Bool { !wanted.peers.contains { $0.allowedIPs.contains(prefix) } }

    private mutating func add(_ number: Int) throws {
        guard isFree(host(number)), !wanted.peers.contains(where: { (try? key(number)) == $0.publicKey }) else { return }
        var allowed = [host(number)]
        if generator.chance(0.3), isFree(host(100 + number)) { allowed.append(host(100 + number)) }
        wanted.peers.append(
            WantedPeer(
                publicKey: generator.chance(0.02) ? wanted.publicKey : try key(number), allowedIPs: allowed,
                endpoint: generator.chance(0.8) ? underlay(number) : nil, keepsAlive: generator.chance(0.7)))
        if Set(wanted.peers.map(\.publicKey)).count < wanted.peers.count { wanted.peers.removeLast() }
    }

    /// The same addresses under another key: as after `rotate-key`.
    private mutating func changeKey(_ index: Int) throws {
        let next = try key(Int.random(in: 10...500, using: &generator))
        guard !wanted.peers.contains(where: { $0.publicKey == next }) else { return }
        wanted.peers[index].publicKey = next
        wanted.peers[index].hasSession = false
    }

    /// To an address that is free, or two peers change theirs.
    private mutating func moveAddress(_ index: Int) {
        let target = host(Int.random(in: 1...12, using: &generator))
        if isFree(target) {
            wanted.peers[index].allowedIPs[0] = target
        } else if let other = wanted.peers.indices.randomElement(using: &generator), other != index {
            let mine = wanted.peers[index].allowedIPs
            wanted.peers[index].allowedIPs = wanted.peers[other].allowedIPs
            wanted.peers[other].allowedIPs = mine
        }
    }

    private mutating func shakeHands(_ index: Int, _ number: Int) {
        guard device.state.peers.contains(where: { $0.publicKey == wanted.peers[index].publicKey }) else { return }
        time += 1
        device.shakeHands(
            wanted.peers[index].publicKey, from: underlay(number + 200), at: HandshakeTime(seconds: time))
        wanted.peers[index].hasSession = true
        wanted.peers[index].keepsAlive = true
    }

    private mutating func start(_ index: Int) {
        let starts: [HandshakeStart] = wanted.peers[index].hasSession ? [.probe, .probeFromNewAddress] : [.first, .again]
        wanted.peers[index].start = starts.randomElement(using: &generator)
        wanted.peers[index].keepsAlive = true
    }

    /// Other hands.
    private mutating func interfere() throws {
        let some = device.state.peers.randomElement(using: &generator)
        let prefix = host(Int.random(in: 1...12, using: &generator))
        switch (Int.random(in: 0..<8, using: &generator), some) {
        case (0, let peer?): device.apply(.remove(peer.publicKey))
        case (1, let peer?):
            device.apply(.update(peer.publicKey, endpoint: nil, allowedIPs: .add([prefix]), persistentKeepalive: nil))
        case (2, let peer?):
            device.apply(.update(peer.publicKey, endpoint: nil, allowedIPs: .replace([]), persistentKeepalive: 7))
        case (3, _):
            let stranger = try key(Int.random(in: 600...620, using: &generator))
            device.apply(.add(stranger, endpoint: nil, allowedIPs: [prefix], persistentKeepalive: 0))
        case (4, _): routes.remove(prefix)
        case (5, _): routes.insert(host(Int.random(in: 13...15, using: &generator)))
        case (6, _):
            let foreign = host(Int.random(in: 10...20, using: &generator))
            if !routes.contains(foreign) { foreignRoutes.insert(foreign) }
        default:
            device.apply(DeviceChange(privateKey: .random(), listenPort: 4242), ownKeyAfter: try key(901))
        }
        // Without a peer on the device there is no session.
        let present = Set(device.state.peers.filter { $0.lastHandshake != nil }.map(\.publicKey))
        for index in wanted.peers.indices where !present.contains(wanted.peers[index].publicKey) {
            wanted.peers[index].hasSession = false
        }
    }

    // MARK: What must hold

    private var observedRoutes: [ObservedRoute] {
        routes.map { ObservedRoute(destination: $0, isOurs: true) }
            + foreignRoutes.map { ObservedRoute(destination: $0, isOurs: false) }
    }

    private mutating func reconcile() throws {
        let start = device.state
        let plan = Reconciler.plan(wanted, device: start, routes: observedRoutes)
        let unconcerned = start.peers.filter { peer in isUnconcerned(peer) }
        let kept = Dictionary(unconcerned.map { ($0.publicKey, $0) }) { first, _ in first }
        try hold(plan.change.peers.allSatisfy { kept[$0.publicKey] == nil }, "a peer is mentioned without need")
        let passing = addressesThatStay(start)
        var steps = 0

        try carryOutRoutes(plan.routesToRemove, of: kept, remove: true)
        try device.apply(plan.change, ownKeyAfter: wanted.publicKey) { state in
            steps += 1
            guard state.peers.filter({ kept[$0.publicKey] == $0 }).count == kept.count else {
                throw Violation(seed: seed, what: "a peer that is not concerned was touched")
            }
            for (prefix, owners) in passing where !(ModelDevice.owner(of: prefix, state).map(owners.contains) ?? false) {
                throw Violation(seed: seed, what: "\(prefix) was nobody's, or a stranger's")
            }
        }
        try carryOutRoutes(plan.routesToAdd, of: kept, remove: false)
        tally.steps += steps
        tally.unconcerned += kept.count
        tally.passedOn += passing.filter { $0.value.count == 2 }.count
        try checkEnd(start)
    }

    private mutating func carryOutRoutes(_ destinations: [IPPrefix], of kept: [PublicKey: WireGuardPeer], remove: Bool) throws {
        for destination in destinations {
            if remove {
                try hold(!kept.values.contains { $0.allowedIPs.contains(destination) }, "a route was taken away")
                try hold(routes.remove(destination) != nil, "a foreign route was removed")
            } else {
                try hold(!routes.contains(destination) && !foreignRoutes.contains(destination), "a route was added twice")
                routes.insert(destination)
            }
        }
    }

    /// Right on the device, and wanted as it is.
    private func isUnconcerned(_ peer: WireGuardPeer) -> Bool {
        guard let wish = wanted.peers.first(where: { $0.publicKey == peer.publicKey }), wish.publicKey != wanted.publicKey,
            wish.start == nil || wish.start == .first && wish.hasSession
        else { return false }
        let isPlaced = wish.hasSession || peer.endpoint != nil || wish.endpoint == nil
        return isPlaced && Set(peer.allowedIPs) == Set(wish.allowedIPs)
            && (!wish.keepsAlive || peer.persistentKeepalive == Reconciler.keepaliveSeconds)
    }

    /// Addresses that are somebody's and are to be somebody's, with the one or two that they may belong to meanwhile.
    ///
    /// Not those of a peer whose handshake state is thrown away on purpose, nor of one that has too much which is nobody's: WireGuard can
    /// only replace the list.
    private func addressesThatStay(_ start: WireGuardDevice) -> [IPPrefix: Set<PublicKey>] {
        let wishes = wanted.peers.filter { $0.publicKey != wanted.publicKey }
        let gained = Set(wishes.flatMap(\.allowedIPs))
        var result: [IPPrefix: Set<PublicKey>] = [:]
        for wish in wishes where !isRestarted(wish) {
            let present = start.peers.first { $0.publicKey == wish.publicKey }?.allowedIPs ?? []
            guard present.allSatisfy({ wish.allowedIPs.contains($0) || gained.contains($0) }) else { continue }
            for prefix in wish.allowedIPs {
                guard let owner = ModelDevice.owner(of: prefix, start) else { continue }
                let former = wanted.peers.first { $0.publicKey == owner }
                let formerPeer = start.peers.first { $0.publicKey == owner }
                let isDisturbed = former.map(isRestarted) == true || owner == wanted.publicKey
                let hasSurplus = former.map { wish in
                    formerPeer?.allowedIPs.contains { !wish.allowedIPs.contains($0) && !gained.contains($0) } ?? false
                }
                if !isDisturbed, hasSurplus != true { result[prefix] = [owner, wish.publicKey] }
            }
        }
        return result
    }

    private func isRestarted(_ wish: WantedPeer) -> Bool {
        (wish.start == .first || wish.start == .again) && !wish.hasSession
    }

    private mutating func checkEnd(_ start: WireGuardDevice) throws {
        let wishes = wanted.peers.filter { $0.publicKey != wanted.publicKey }
        let state = device.state
        try hold(state.privateKey == wanted.privateKey && state.listenPort == wanted.listenPort, "key or port is wrong")
        try hold(Set(state.peers.map(\.publicKey)) == Set(wishes.map(\.publicKey)), "the peers are others")
        for wish in wishes {
            let peer = state.peers.first { $0.publicKey == wish.publicKey }
            try hold(Set(peer?.allowedIPs ?? []) == Set(wish.allowedIPs), "allowed IPs are others")
            guard wish.hasSession else { continue }
            let earlier = start.peers.first { $0.publicKey == wish.publicKey }
            try hold(peer?.endpoint == earlier?.endpoint, "a session was redirected")
            try hold(peer?.lastHandshake == earlier?.lastHandshake, "a session was thrown away")
        }
        try hold(routes.union(foreignRoutes) == Set(wishes.flatMap(\.allowedIPs)).union(foreignRoutes), "routes are others")
        for index in wanted.peers.indices { wanted.peers[index].start = nil }
        try hold(Reconciler.plan(wanted, device: state, routes: observedRoutes).isEmpty, "looked at again there is work")
    }

    private func hold(_ condition: Bool, _ otherwise: String) throws {
        guard condition else { throw Violation(seed: seed, what: otherwise) }
    }
}
