import Basics
import MeshModel
import Testing

@testable import CoordinatorLogic

/// Random operations against a model that is too simple to be wrong.
@Suite struct MembershipPropertyTests {
    @Test(arguments: [1, 2] as [UInt64])
    func randomOperationsAgreeWithTheModel(_ seed: UInt64) throws {
        var run = try RandomRun(seed: seed)
        for _ in 0..<50_000 { try run.step() }
        #expect(run.refusals > 100 && run.exhaustions > 10 && run.transitions > 1_000)
    }
}

/// One run: the system under test and the model.
private struct RandomRun {
    private struct Modelled {
        /// What everybody must see of the machine.
        var peer: Peer
        var lastHeard: MonotonicTime
    }

    private var random: SeededGenerator
    private var mesh: Membership
    /// By the number of the key.
    private var model: [Int: Modelled] = [:]
    private var nextID = 1
    private var now = MonotonicTime.zero
    /// The model's own count of awake time.
    private var awake = MonotonicTime.zero
    private var lastNoticed = MonotonicTime.zero
    private(set) var refusals = 0, exhaustions = 0, transitions = 0

    private let keys: [PublicKey]
    private let names: [MachineName]
    private let endpoints: [Endpoint]

    init(seed: UInt64) throws {
        random = SeededGenerator(seed: seed)
        keys = try (0..<24).map(key)
        names = try (0..<24).map { try name("n\($0)") }
        endpoints = try (1...4).map(endpoint)
        mesh = try makeMembership(pool: "10.0.0.0/28", logCapacity: 32)
        _ = mesh.tick(at: now)
    }

    mutating func step() throws {
        let step = Duration.milliseconds(Int.random(in: 0...120, using: &random))
        let pause = Int.random(in: 0..<500, using: &random) == 0 ? Duration.seconds(30) : .zero
        now = now + step + pause
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<8: try register()
        case 8..<10: remove()
        case 10..<75: heartbeat()
        default: try tick()
        }
    }

    /// Every operation that tells the tracker the time advances the awake clock by half the suspicion limit at the most.
    private mutating func notice() {
        awake = awake + min(now - lastNoticed, .milliseconds(1_500))
        lastNoticed = now
    }

    private mutating func register() throws {
        let number = Int.random(in: 0..<24, using: &random)
        let name = names[Int.random(in: 0..<24, using: &random)]
        let wanted = [endpoints[Int.random(in: 0..<3, using: &random)]]
        let holder = model.first { $0.value.peer.name == name }?.key
        nextID += 1
        do {
            let peer = try mesh.register(name, keys[number], wanted, newID: id(nextID), at: now)
            notice()
            if let known = model[number] {
                #expect(peer.id == known.peer.id && peer.meshAddress == known.peer.meshAddress, "id and address are stable")
            } else {
                let taken = Set(model.values.map(\.peer.meshAddress))
                let lowest = (1...14).map { IPAddress.v4(0x0a00_0000 + $0) }.first { !taken.contains($0) }
                #expect(peer.meshAddress == lowest, "addresses are unique, and the lowest free one is given")
            }
            let expected = Peer(
                id: peer.id, name: name, publicKey: keys[number], meshAddress: peer.meshAddress, endpoints: wanted,
                liveness: .alive)
            #expect(peer == expected)
            model[number] = Modelled(peer: expected, lastHeard: awake)
        } catch let error as CodedError where error.code == "name-taken" {
            #expect(holder != nil && holder != number)
            refusals += 1
        } catch let error as CodedError where error.code == "address-pool-exhausted" {
            #expect(model.count == 14 && model[number] == nil)
            exhaustions += 1
        }
    }

    private mutating func remove() {
        let number = Int.random(in: 0..<24, using: &random)
        guard let machine = model.removeValue(forKey: number) else { return }
        #expect(mesh.remove(machine.peer.id) == machine.peer)
    }

    private mutating func heartbeat() {
        let number = Int.random(in: 0..<24, using: &random)
        // A third of the machines, another third every ten seconds, is silent.
        guard let machine = model[number], (number + Int(now.nanoseconds / 10_000_000_000)) % 3 != 0 else { return }
        let reported = Int.random(in: 0..<20, using: &random) == 0 ? [endpoints[3]] : machine.peer.endpoints
        let heartbeat = mesh.heartbeat(machine.peer.id, endpoints: reported, at: now)
        notice()
        #expect((heartbeat?.transition != nil) == (machine.peer.liveness != .alive), "only the silent ones recover")
        #expect(heartbeat?.endpointsChanged == (reported != machine.peer.endpoints))
        model[number]?.peer.endpoints = reported
        model[number]?.peer.liveness = .alive
        model[number]?.lastHeard = awake
    }

    private mutating func tick() throws {
        let tick = mesh.tick(at: now)
        notice()
        #expect(tick.wake > now && tick.wake <= now + .milliseconds(750))
        for transition in tick.transitions {
            let number = try #require(model.first { $0.value.peer.id == transition.id }?.key)
            #expect(model[number]?.peer.liveness == transition.from, "every transition starts where the last one ended")
            #expect(transition.to == (transition.from == .alive ? .suspect : .unresponsive), "no flapping")
            model[number]?.peer.liveness = transition.to
            transitions += 1
        }
        for machine in model.values {
            let silence = awake - machine.lastHeard
            let expected: Liveness = silence >= .seconds(6) ? .unresponsive : silence >= .seconds(3) ? .suspect : .alive
            guard machine.peer.liveness == expected, mesh.registry[machine.peer.id] == machine.peer else {
                Issue.record("\(machine.peer) should be \(expected) after \(silence)")
                return
            }
        }
    }
}
