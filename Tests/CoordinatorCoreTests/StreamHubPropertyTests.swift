import Basics
import ControlProtocol
import CoordinatorLogic
import MeshModel
import TestSupport
import Testing

@testable import CoordinatorCore

/// From a change of the registry to the map of a machine that follows it: the change log, the hub, the line as bytes, and what the machine
/// makes of them. Whoever has caught up has the registry without itself, however far it lagged behind, and over restarts.
@Suite struct StreamHubPropertyTests {
    @Test(arguments: [21, 22] as [UInt64])
    func whoeverHasCaughtUpHasTheRegistry(_ seed: UInt64) throws {
        var run = try HubRun(seed: seed)
        for _ in 0..<HubRun.operations { try run.step() }
        print("hub, seed \(seed): \(run.counts.sorted { $0.key < $1.key })")
        for (outcome, least) in HubRun.outcomes { #expect(run.counts[outcome, default: 0] >= least, "\(outcome)") }
    }
}

/// One run of random operations, with followers that lag behind at random.
private struct HubRun {
    static let operations = 8_000
    /// How often each must happen at the least, or the run has shown nothing about it.
    static let outcomes = [
        "registered": 500, "renamed": 200, "key-changed": 200, "removed": 200, "heartbeat": 1_000, "transition": 500,
        "restarted": 20, "reset": 20, "caught-up": 500, "delta": 200, "keepalive": 50, "snapshot": 100, "snapshot-older": 20,
        "unchanged": 50, "unchanged-with-suspects": 20,
    ]
    private static let machines = 120
    /// Fewer than the changes that are gathered now and then, and than a reader lags behind now and then.
    private static let (changesKept, lag) = (16, 24)

    private struct Follower {
        var reader: MachineID
        var map = PeerMap()
        /// Whether its connection has had its first line: what it has then is asked for no more.
        var isOpen = false
    }

    private var random: SeededGenerator
    private var mesh: HubMesh
    private var followers: [Follower]
    private var now = MonotonicTime.zero
    private var nextID = 1
    private var epochs = 1
    /// Operations until what has changed is published.
    private var gathering = 0
    private var published: UInt64 = 0
    private(set) var counts: [String: Int] = [:]
    private let keys: [PublicKey]
    private let endpoints: [Endpoint]

    init(seed: UInt64) throws {
        random = SeededGenerator(seed: seed)
        keys = try (0..<Self.machines).map(key)
        endpoints = try (1...4).map { try #require(Endpoint("192.0.2.1:\($0)")) }
        mesh = try HubMesh(epoch: "e1", changesKept: Self.changesKept, lag: Self.lag)
        // One of them is no machine's.
        followers = try [1, 2, 40, 80, 0xffff].map { Follower(reader: try machineID($0)) }
    }

    mutating func step() throws {
        now = now + .milliseconds(Int.random(in: 0...60, using: &random))
        switch Int.random(in: 0..<1_000, using: &random) {
        case 0..<180: try register()
        case 180..<240: try rename()
        case 240..<300: try changeKey()
        case 300..<350: try remove()
        case 350..<650: try heartbeat()
        case 650..<800: tick()
        case 800..<806: try restart()
        case 806..<816: gathering = Int.random(in: 5...60, using: &random)
        case 816..<822: try crowd()
        default: try follow(followers.indices.randomElement(using: &random) ?? 0)
        }
        gathering -= 1
        if gathering < 0 { try publish() }
    }

    private mutating func publish() throws {
        if mesh.registry.changes(after: published) == nil { count("reset") }
        try mesh.publish()
        published = mesh.registry.position.revision
    }

    private mutating func count(_ what: String) { counts[what, default: 0] += 1 }
    private var anyKey: PublicKey { mutating get { keys[Int.random(in: 0..<keys.count, using: &random)] } }
    private var anyName: String { mutating get { "n\(Int.random(in: 0..<Self.machines, using: &random))" } }
    private var anyMachine: MachineID? {
        mutating get { mesh.registry.machines.map(\.id).sorted().randomElement(using: &random) }
    }

    /// Does it, unless name or key is another machine's.
    private mutating func attempt(_ what: String, _ change: (inout Self) throws -> Void) throws {
        do {
            try change(&self)
            count(what)
        } catch let error as CodedError where ["name-taken", "key-taken"].contains(error.code) {
            count("refused")
        }
    }

    private mutating func register() throws {
        let (name, key) = (anyName, anyKey)
        let wanted = [endpoints[Int.random(in: 0..<3, using: &random)]]
        nextID += 1
        try attempt("registered") { run in
            try run.mesh.register(name, key, wanted, newID: machineID(run.nextID), at: run.now)
        }
    }

    private mutating func rename() throws {
        guard let id = anyMachine else { return }
        let name = try #require(MachineName(anyName))
        try attempt("renamed") { try $0.mesh.mesh.rename(id, to: name) }
    }

    private mutating func changeKey() throws {
        guard let id = anyMachine else { return }
        let key = anyKey
        try attempt("key-changed") { try $0.mesh.mesh.changeKey(of: id, to: key) }
    }

    private mutating func remove() throws {
        guard let id = anyMachine else { return }
        _ = mesh.mesh.remove(id)
        count("removed")
    }

    private mutating func heartbeat() throws {
        guard let id = anyMachine, let peer = mesh.registry[id] else { return }
        let moves = Int.random(in: 0..<10, using: &random) == 0
        _ = mesh.mesh.heartbeat(id, endpoints: moves ? [endpoints[3]] : peer.endpoints, at: now)
        count("heartbeat")
    }

    private mutating func tick() {
        for _ in mesh.mesh.tick(at: now).transitions { count("transition") }
    }

    /// The coordinator starts again: another epoch, another hub, and of the machines what is stored.
    private mutating func restart() throws {
        // Now and then with everybody up to date, before and after: only so a digest is the coordinator's own.
        let isQuiet = Bool.random(using: &random)
        if isQuiet { try followAll() }
        let stored = mesh.registry.machines.sorted { $0.id < $1.id }.shuffled(using: &random)
        epochs += 1
        mesh = try HubMesh(epoch: "e\(epochs)", changesKept: Self.changesKept, lag: Self.lag)
        for machine in stored { try mesh.mesh.restore(machine, at: now) }
        try mesh.hub.restore(mesh.registry)
        for index in followers.indices { followers[index].isOpen = false }
        (gathering, published) = (0, 0)
        count("restarted")
        guard isQuiet else { return }
        // Some are not heard again in time. In steps: one long one would be taken for the sleep of a suspended machine.
        if Bool.random(using: &random) {
            for _ in 0..<7 {
                now = now + .milliseconds(500)
                tick()
            }
        }
        try followAll()
    }

    private mutating func followAll() throws {
        try publish()
        for index in followers.indices { try follow(index) }
    }

    /// Several begin anew, with a change between two of them: they share a snapshot that is no longer the newest.
    private mutating func crowd() throws {
        for index in followers.indices {
            followers[index] = Follower(reader: anyMachine ?? followers[index].reader)
            try follow(index)
            try heartbeat()
            if gathering < 0 { try publish() }
        }
    }

    /// Takes lines as the writer of a stream does: all that there are, or one, and stays behind.
    private mutating func follow(_ index: Int) throws {
        var follower = followers[index]
        defer { followers[index] = follower }
        if Int.random(in: 0..<4, using: &random) == 0 { follower.isOpen = false }
        var content: PeerMapDigest?
        // Whoever connects says what it has; not every program does.
        if !follower.isOpen, follower.map.position != nil, Int.random(in: 0..<8, using: &random) > 0 {
            content = PeerMapDigest(follower.map.peers.values)
        }
        var keepalive = Int.random(in: 0..<4, using: &random) == 0
        let most = Int.random(in: 0..<6, using: &random) == 0 ? 1 : 5
        var lines = 0
        while let turn = mesh.hub.next(
            for: follower.reader, since: follower.map.position, content: content, keepalive: keepalive)
        {
            let update = try turn.update()
            try follower.map.apply(update)
            (content, keepalive) = (nil, false)
            note(update)
            lines += 1
            if lines == most { break }
        }
        follower.isOpen = true
        if lines == 5 { Issue.record("lines without end") }
        if most == 5, gathering < 0 { try check(follower) }
    }

    private mutating func note(_ update: PeerMapUpdate) {
        switch update {
        case .snapshot: count(update.position == mesh.registry.position ? "snapshot" : "snapshot-older")
        case .delta: count("delta")
        case .keepalive: count("keepalive")
        case .unchanged(_, let suspects): count(suspects.isEmpty ? "unchanged" : "unchanged-with-suspects")
        }
    }

    private mutating func check(_ follower: Follower) throws {
        var expected: [MachineID: Peer] = [:]
        for machine in mesh.registry.machines where machine.id != follower.reader { expected[machine.id] = machine }
        guard follower.map.position == mesh.registry.position, follower.map.peers == expected else {
            throw CodedError("test", "\(follower.reader) at \(String(describing: follower.map.position)) has another map")
        }
        count("caught-up")
    }
}
