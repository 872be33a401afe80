import Basics
import MeshModel
import Testing

@testable import CoordinatorLogic

/// Random changes of the registry against a model that is too simple to be wrong: a list of machines, and when each address was released.
@Suite struct RegistryPropertyTests {
    @Test(arguments: [11, 12] as [UInt64])
    func randomChangesAgreeWithTheModel(_ seed: UInt64) throws {
        var run = try RegistryRun(seed: seed)
        for _ in 0..<50_000 { try run.step() }
        print("registry, seed \(seed): \(run.counts.sorted { $0.key < $1.key })")
        #expect(run.counts.values.reduce(0, +) == 50_000, "two runs of so many operations")
        for operation in RegistryRun.outcomes { #expect(run.counts[operation, default: 0] > 50, "\(operation)") }
    }
}

private struct RegistryRun {
    /// Every one of these must happen often, or the run has shown nothing about it.
    static let outcomes = [
        "new", "again", "name-taken", "exhausted", "renamed", "rename-refused", "key-changed", "key-refused", "removed",
        "heartbeat", "restored", "waited",
    ]
    private static let quarantine: Int64 = 8
    private static let everything = (1...14).map { IPAddress.v4(0x0a00_0000 + $0) }

    private var random: SeededGenerator
    private var mesh: Membership
    private var machines: [Peer] = []
    private var releasedAt: [IPAddress: Int64] = [:]
    private var wall: Int64 = 1_800_000_000
    private var nextID = 1
    private var epochs = 1
    private var steps = 0
    private(set) var counts: [String: Int] = [:]

    private let keys: [PublicKey]
    private let names: [MachineName]
    private let endpoints: [Endpoint]
    private let prefix6 = MeshPrefix6(globalID: 0x12_3456_789a)

    init(seed: UInt64) throws {
        random = SeededGenerator(seed: seed)
        keys = try (0..<20).map(key)
        names = try (0..<20).map { try name("n\($0)") }
        endpoints = try (1...4).map(endpoint)
        mesh = try Self.empty(epoch: "e1", prefix6)
        mesh.advance(toWall: wall)
    }

    private static func empty(epoch: String, _ prefix6: MeshPrefix6) throws -> Membership {
        let pool = try AddressPool(prefix: prefix("10.0.0.0/28"), quarantine: quarantine)
        return Membership(
            registry: Registry(epoch: epoch, pool: pool, meshPrefix6: prefix6, logCapacity: 32),
            limits: try LivenessLimits(suspectAfter: .seconds(3), unresponsiveAfter: .seconds(6)))
    }

    mutating func step() throws {
        let outcome =
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<30: try register()
            case 30..<42: try rename()
            case 42..<54: try changeKey()
            case 54..<62: remove()
            case 62..<80: heartbeat()
            case 80..<82: try restore()
            default: wait()
            }
        counts[outcome, default: 0] += 1
        steps += 1
        if steps % 8 == 0 { try check() }
    }

    private var anyKey: PublicKey { mutating get { keys[Int.random(in: 0..<keys.count, using: &random)] } }
    private var anyName: MachineName { mutating get { names[Int.random(in: 0..<names.count, using: &random)] } }
    private var anyIndex: Int? { mutating get { machines.indices.randomElement(using: &random) } }

    private func isFree(_ address: IPAddress) -> Bool {
        !machines.contains { $0.meshAddress == address } && (releasedAt[address] ?? 0) + Self.quarantine <= wall
    }

    private mutating func register() throws -> String {
        let (key, name) = (anyKey, anyName)
        let wanted = [endpoints[Int.random(in: 0..<3, using: &random)]]
        nextID += 1
        mesh.advance(toWall: wall)
        let known = machines.firstIndex { $0.publicKey == key }
        let holder = machines.firstIndex { $0.name == name }
        do {
            let peer = try mesh.register(name, key, wanted, newID: id(nextID))
            #expect(holder == nil || holder == known)
            if let known {
                machines[known].name = name
                machines[known].endpoints = wanted
                return "again"
            }
            let lowest = try #require(Self.everything.first(where: isFree))
            machines.append(
                Peer(
                    id: try id(nextID), name: name, publicKey: key, meshAddress: lowest,
                    meshAddress6: prefix6.address(for: lowest),
                    endpoints: wanted, liveness: .alive))
            #expect(peer == machines.last, "the lowest address that is neither used nor in quarantine")
            return "new"
        } catch let error as CodedError where error.code == "name-taken" {
            #expect(holder != nil && holder != known)
            return "name-taken"
        } catch let error as CodedError where error.code == "address-pool-exhausted" {
            #expect(known == nil && !Self.everything.contains(where: isFree))
            return "exhausted"
        }
    }

    private mutating func rename() throws -> String {
        let name = anyName
        guard let index = anyIndex else { return "nobody" }
        let holder = machines.firstIndex { $0.name == name }
        guard holder == nil || holder == index else {
            let mesh = mesh
            let machine = machines[index].id
            let error = #expect(throws: CodedError.self) { _ = try mesh.registry.planRename(machine, to: name) }
            #expect(error?.code == "name-taken")
            return "rename-refused"
        }
        try mesh.rename(machines[index].id, to: name)
        machines[index].name = name
        return "renamed"
    }

    private mutating func changeKey() throws -> String {
        let key = anyKey
        guard let index = anyIndex else { return "nobody" }
        let holder = machines.firstIndex { $0.publicKey == key }
        guard holder == nil || holder == index else {
            let before = mesh.registry.position
            let refusal = code { try mesh.changeKey(of: machines[index].id, to: key) }
            #expect(refusal == "key-taken" && mesh.registry.position == before)
            return "key-refused"
        }
        try mesh.changeKey(of: machines[index].id, to: key)
        if machines[index].publicKey != key {
            let former = [machines[index].publicKey] + (machines[index].formerKeys ?? []).filter { $0 != key }
            machines[index].formerKeys = Array(former.prefix(Peer.formerKeyLimit))
        }
        machines[index].publicKey = key
        return "key-changed"
    }

    private mutating func remove() -> String {
        guard let index = anyIndex else { return "nobody" }
        let machine = machines.remove(at: index)
        mesh.advance(toWall: wall)
        #expect(mesh.remove(machine.id) == machine)
        releasedAt[machine.meshAddress] = wall
        return "removed"
    }

    private mutating func heartbeat() -> String {
        guard let index = anyIndex else { return "nobody" }
        let reported = [endpoints[Int.random(in: 0..<4, using: &random)]]
        let beat = mesh.heartbeat(machines[index].id, endpoints: reported, at: .zero)
        #expect(beat?.endpointsChanged == (reported != machines[index].endpoints))
        machines[index].endpoints = reported
        return "heartbeat"
    }

    /// A restart: all that is left is what is stored, in any order. IPv6 addresses are not stored.
    private mutating func restore() throws -> String {
        epochs += 1
        mesh = try Self.empty(epoch: "e\(epochs)", prefix6)
        for machine in machines.shuffled(using: &random) {
            var stored = machine
            stored.meshAddress6 = nil
            try mesh.restore(stored, at: .zero)
        }
        mesh.advance(toWall: wall)
        for (address, released) in releasedAt.shuffled(using: &random) { mesh.restoreReleased(address, at: released) }
        return "restored"
    }

    private mutating func wait() -> String {
        wall += Int64.random(in: 0...8, using: &random)
        return "waited"
    }

    /// Found by id, key and name alike, and by no other.
    private func check() throws {
        guard mesh.registry.count == machines.count else {
            Issue.record("\(mesh.registry.count) machines, expected \(machines.count)")
            return
        }
        for machine in machines {
            let found = [mesh.registry[machine.id], mesh.registry[machine.publicKey], mesh.registry[machine.name]]
            if !found.allSatisfy({ $0 == machine }) { Issue.record("\(machine) is \(found)") }
        }
        for key in keys where mesh.registry[key] != nil {
            if !machines.contains(where: { $0.publicKey == key }) { Issue.record("\(key) finds a machine") }
        }
        for name in names where mesh.registry[name] != nil {
            if !machines.contains(where: { $0.name == name }) { Issue.record("\(name) finds a machine") }
        }
    }
}
