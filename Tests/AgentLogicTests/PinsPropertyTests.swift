import Basics
import MeshModel
import Testing

@testable import AgentLogic

/// Random histories of a coordinator (machines join, leave, change keys; old databases are put back; the map is wrong now and then) and
/// of one machine that follows it, with gaps: no pair changes without a cause while the known one works, and nobody is cut off for ever.
@Suite struct PinsPropertyTests {
    /// What is really so: a machine has the key that it last changed to, whatever the coordinator says.
    private struct World {
        var generator: SeededGenerator
        /// The coordinator's machines, and the keys that they really have.
        var map: [MachineID: Peer] = [:]
        var truth: [MachineID: PublicKey] = [:]
        var backup: [MachineID: Peer] = [:]
        /// What a fault of the coordinator shows instead of the truth.
        var wrong: [MachineID: Peer] = [:]
        var nextNumber = 10
        var nextKey = 1_000

        var shown: [Peer] { map.map { wrong[$0.key] ?? $0.value } }

        mutating func step() throws {
            switch Int.random(in: 0..<20, using: &generator) {
            case 0..<5: try join()
            case 5..<7: if let id = any { forget(id) }
            case 7..<13: try changeKey()
            case 13: backup = map
            case 14: try putBack()
            case 15..<18: try lie()
            default: wrong = [:]
            }
        }

        private var any: MachineID? { mutating get { map.keys.sorted().randomElement(using: &generator) } }

        private mutating func forget(_ id: MachineID) {
            map[id] = nil
            wrong[id] = nil
        }

        private mutating func freshKey() throws -> PublicKey {
            nextKey += 1
            return try key(nextKey)
        }

        /// At the lowest address that is free, which may have been another's a moment ago.
        private mutating func join(with known: PublicKey? = nil) throws {
            guard map.count < 8 else { return }
            nextNumber += 1
            let taken = Set(map.values.map(\.meshAddress))
            guard let address = (1...20).first(where: { !taken.contains(host($0).address) }) else { return }
            var machine = try peer(nextNumber, address: address)
            machine.publicKey = try known ?? freshKey()
            map[machine.id] = machine
            truth[machine.id] = machine.publicKey
        }

        private mutating func changeKey() throws {
            guard let id = any, map[id]?.publicKey == truth[id] else { return }
            let next = try freshKey()
            map[id]?.changeKey(to: next)
            truth[id] = next
        }

        /// Who has another key than that database says joins again, as a new machine with its own key.
        private mutating func putBack() throws {
            map = backup
            wrong = [:]
            for (id, machine) in map.sorted(by: { $0.key < $1.key }) {
                if let real = truth[id], real != machine.publicKey { try join(with: real) }
            }
        }

        /// Another key, another address, or the keys of two swapped.
        private mutating func lie() throws {
            guard let id = any, var one = map[id], let otherID = any, let other = map[otherID] else { return }
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: one.publicKey = try freshKey()
            case 1: one.meshAddress = host(Int.random(in: 1...30, using: &generator)).address
            default: one.publicKey = other.publicKey
            }
            wrong[id] = one
        }
    }

    @Test func nothingChangesWithoutACauseAndNobodyIsCutOffForEver() throws {
        var followed = 0
        var refusals = 0
        for seed in 0..<400 {
            var world = World(generator: SeededGenerator(seed: UInt64(seed)))
            var pins = Pins()
            var inForce: [MachineID: Peer] = [:]
            var now = MonotonicTime.zero
            for _ in 0..<120 {
                for _ in 0..<Int.random(in: 1...3, using: &world.generator) { try world.step() }
                // A machine that is off misses what happens meanwhile, and keeps what it knew on disk.
                if world.generator.chance(0.3) { continue }
                if world.generator.chance(0.1) { pins = Pins(pins.all) }
                now = now + .seconds(Int.random(in: 0...200, using: &world.generator))
                let events = round(&pins, world, &inForce, now)
                followed += 1
                refusals += events.count
                try check(events, world, seed)
            }
            // The coordinator is well again, and time passes.
            world.wrong = [:]
            for _ in 0..<6 {
                now = now + Pins.patience
                _ = round(&pins, world, &inForce, now)
            }
            for machine in world.shown {
                // What an old database says of a machine that has another key by now is nobody's loss.
                guard machine.publicKey == world.truth[machine.id] else { continue }
                #expect(inForce[machine.id] == machine, "seed \(seed): \(machine.name) is cut off for ever")
            }
        }
        #expect(followed > 30_000 && refusals > 1_000, "\(followed) maps, \(refusals) events")
    }

    /// As the data plane does. A session works with whoever is configured by the key that it really has.
    private func round(
        _ pins: inout Pins, _ world: World, _ inForce: inout [MachineID: Peer], _ now: MonotonicTime
    ) -> [Pins.Event] {
        let before = inForce
        let real = Set(world.map.keys.compactMap { world.truth[$0] })
        let working = Set(before.values.map(\.publicKey)).intersection(real)
        let events = pins.follow(world.shown, meshPrefix6: nil, working: working, now: now)
        let all = world.shown.map(pins.inForce)
        pins.learn(all)
        inForce = Dictionary(all.map { ($0.id, $0) }) { first, _ in first }
        for (id, was) in before {
            guard let present = inForce[id] else { continue }
            let others = world.shown.filter { $0.id != id }.map(\.publicKey)
            checkCause(was, present, offered: world.wrong[id] ?? world.map[id], events, working.subtracting(others))
        }
        return events
    }

    /// - Parameter working: the keys that work, and that the map gives to nobody else.
    private func checkCause(_ was: Peer, _ present: Peer, offered: Peer?, _ events: [Pins.Event], _ working: Set<PublicKey>) {
        guard was.publicKey != present.publicKey || was.meshAddress != present.meshAddress else { return }
        let gaveWay = events.compactMap { event -> Pins.GivingWay? in
            guard case .gaveWay(let peer, _, let reason) = event, peer.id == present.id else { return nil }
            return reason
        }.first
        if gaveWay == nil {
            let isOwnChange = offered?.formerKeys?.contains(was.publicKey) ?? false
            #expect(isOwnChange && was.meshAddress == present.meshAddress, "changed without a cause: \(was) to \(present)")
        } else if gaveWay == .silent, was.publicKey != present.publicKey, offered?.formerKeys?.contains(was.publicKey) != true {
            #expect(!working.contains(was.publicKey), "a key that works gave way to one without cause")
        }
    }

    private func check(_ events: [Pins.Event], _ world: World, _ seed: Int) throws {
        for case .refused(let peer, _, let known) in events {
            let honest = world.wrong[peer.id] == nil && world.map[peer.id]?.formerKeys?.contains(known.publicKey) == true
            #expect(!honest || peer.meshAddress != known.meshAddress, "seed \(seed): a change with a cause was refused")
        }
    }
}
