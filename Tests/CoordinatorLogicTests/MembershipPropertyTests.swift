import Basics
import MeshModel
import Testing

@testable import CoordinatorLogic

/// Random operations against a model that is too simple to be wrong.
@Suite struct MembershipPropertyTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func randomOperationsAgreeWithTheModel(_ seed: UInt64) throws {
        var run = try RandomRun(seed: seed)
        for _ in 0..<40_000 { try run.step() }
        #expect(run.deltas > 1_000 && run.snapshots > 100 && run.refusals > 100 && run.exhaustions > 10)
        #expect(run.transitions > 1_000)
    }
}

/// One run: the system under test, the model, and followers of the peer map that lag behind at random.
private struct RandomRun {
    private struct Modelled {
        var id: MachineID
        var name: Int
        var key: Int
        var address: IPAddress
        var endpoint: Int
        var liveness = Liveness.alive
        var lastHeard: MonotonicTime
    }
    private struct Follower {
        var reader: MachineID
        var map = PeerMap()
    }

    private var random: SeededGenerator
    private var mesh: Membership
    private var model: [Int: Modelled] = [:]
    private var followers: [Follower] = []
    private var nextID = 1
    private var now = MonotonicTime.zero
    /// The model's own count of awake time.
    private var awake = MonotonicTime.zero
    private(set) var deltas = 0, snapshots = 0, refusals = 0, exhaustions = 0, transitions = 0

    init(seed: UInt64) throws {
        random = SeededGenerator(seed: seed)
        mesh = try makeMembership(pool: "10.0.0.0/28", logCapacity: 32)
        followers = try (0..<6).map { Follower(reader: try id($0 * 3 + 1)) }
        _ = mesh.tick(at: now)
    }

    mutating func step() throws {
        let step = Duration.milliseconds(Int.random(in: 0...120, using: &random))
        let pause = Int.random(in: 0..<500, using: &random) == 0 ? Duration.seconds(30) : .zero
        now = now + step + pause
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<8: try register()
        case 8..<10: try remove()
        case 10..<70: try heartbeat()
        case 70..<90: try tick()
        default: try follow()
        }
    }

    /// Every operation that tells the tracker the time advances the awake clock by half the suspicion limit at the most.
    private mutating func notice() {
        awake = awake + min(now - lastNoticed, .milliseconds(1_500))
        lastNoticed = now
    }
    private var lastNoticed = MonotonicTime.zero

    private mutating func register() throws {
        let key = Int.random(in: 1...24, using: &random)
        let name = Int.random(in: 1...24, using: &random)
        let endpoint = Int.random(in: 1...3, using: &random)
        let holder = model.values.first { $0.name == name }
        nextID += 1
        do {
            let peer = try mesh.register(
                CoordinatorLogicTests.name("n\(name)"), CoordinatorLogicTests.key(key),
                [CoordinatorLogicTests.endpoint(endpoint)],
                newID: id(nextID), at: now)
            notice()
            if let known = model[key] {
                #expect(peer.id == known.id && peer.meshAddress == known.address, "id and address are stable")
            } else {
                #expect(!model.values.contains { $0.address == peer.meshAddress }, "addresses are unique")
                let lower = (1...14).first { number in !model.values.contains { $0.address == .v4(0x0a00_0000 + number) } }
                #expect(lower.map { .v4(0x0a00_0000 + UInt32($0)) } == peer.meshAddress, "the lowest free one is given")
            }
            model[key] = Modelled(
                id: peer.id, name: name, key: key, address: peer.meshAddress, endpoint: endpoint, lastHeard: awake)
        } catch let error as CodedError where error.code == "name-taken" {
            #expect(holder != nil && holder?.key != key)
            refusals += 1
        } catch let error as CodedError where error.code == "address-pool-exhausted" {
            #expect(model.count == 14 && model[key] == nil)
            exhaustions += 1
        }
    }

    private mutating func remove() throws {
        guard let machine = model.values.sorted(by: { $0.key < $1.key }).randomElement(using: &random) else { return }
        #expect(mesh.remove(machine.id)?.meshAddress == machine.address)
        model[machine.key] = nil
    }

    private mutating func heartbeat() throws {
        guard let machine = model.values.sorted(by: { $0.key < $1.key }).randomElement(using: &random) else { return }
        // A third of the machines, another third every ten seconds, is silent.
        guard (machine.key + Int(now.nanoseconds / 10_000_000_000)) % 3 != 0 else { return }
        let endpoint = Int.random(in: 0..<20, using: &random) == 0 ? 4 : machine.endpoint
        let heartbeat = try mesh.heartbeat(machine.id, endpoints: [CoordinatorLogicTests.endpoint(endpoint)], at: now)
        notice()
        #expect((heartbeat?.transition != nil) == (machine.liveness != .alive), "only the silent ones recover")
        model[machine.key]?.endpoint = endpoint
        model[machine.key]?.liveness = .alive
        model[machine.key]?.lastHeard = awake
    }

    private mutating func tick() throws {
        let tick = mesh.tick(at: now)
        notice()
        #expect(tick.wake > now && tick.wake <= now + .milliseconds(750))
        for transition in tick.transitions {
            let key = try #require(model.values.first { $0.id == transition.id }?.key)
            #expect(model[key]?.liveness == transition.from, "every transition starts where the last one ended")
            #expect(transition.to == (transition.from == .alive ? .suspect : .unresponsive), "no flapping")
            model[key]?.liveness = transition.to
            transitions += 1
        }
        for machine in model.values {
            let silence = awake - machine.lastHeard
            let expected: Liveness = silence >= .seconds(6) ? .unresponsive : silence >= .seconds(3) ? .suspect : .alive
            #expect(machine.liveness == expected && mesh.registry[machine.id]?.liveness == expected)
        }
    }

    /// A follower catches up: what it has then is the model's map, however far it lagged behind.
    private mutating func follow() throws {
        let index = Int.random(in: 0..<followers.count, using: &random)
        var follower = followers[index]
        switch mesh.registry.update(since: follower.map.position, for: follower.reader) {
        case nil: #expect(follower.map.position == mesh.registry.position)
        case .some(let update):
            if case .snapshot = update { snapshots += 1 } else { deltas += 1 }
            try follower.map.apply(update)
        }
        #expect(follower.map.position == mesh.registry.position)
        var expected: [MachineID: Peer] = [:]
        for machine in model.values where machine.id != follower.reader {
            expected[machine.id] = Peer(
                id: machine.id, name: try name("n\(machine.name)"), publicKey: try key(machine.key), meshAddress: machine.address,
                endpoints: [try endpoint(machine.endpoint)], liveness: machine.liveness)
        }
        #expect(follower.map.peers == expected, "deltas from any point lead to the same map as a snapshot")
        followers[index] = follower
    }
}
