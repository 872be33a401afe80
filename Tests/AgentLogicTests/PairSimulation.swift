import Basics
import MeshModel
import Testing
import WireGuardModel

@testable import AgentLogic

/// Two machines with WireGuard's handshake rules and this agent's formation, in simulated time.
struct PairSimulation {
    /// What a run is made of.
    struct Setup {
        var latency: ClosedRange<Duration> = .microseconds(50) ... .milliseconds(20)
        var loss = 0.0
        /// How often each machine sends a packet once it has a session: one that confirms a session may get lost.
        var traffic: Duration?
        /// How often somebody on each machine tries to send to the other, whether or not there is a session: on both at the same time.
        var knocks: Duration?
        /// Whether the first (lower key) and the second machine know a right endpoint of the other, and at which place in their list.
        var endpointIndex: [Int?] = [0, 0]
    }

    private enum Event {
        case agent(Int, life: Int)
        case arrive(at: Int, ModelTunnel.Message)
        case retry(Int, life: Int, session: Int)
        case traffic(Int, life: Int)
        case knock(Int, life: Int)
    }

    private static let privateKey = PrivateKey.random()

    private let setup: Setup
    private var generator: SeededGenerator
    private(set) var now = MonotonicTime.zero
    private var queue: [(time: MonotonicTime, order: Int, event: Event)] = []
    private var order = 0
    private var machines: [Machine]
    /// Shift of the wall clock.
    var wallClockOffset: Int64 = 1_700_000_000
    /// Every change of a device, with the time.
    private(set) var changes: [(time: MonotonicTime, machine: Int, change: DeviceChange)] = []

    struct Machine {
        let key: PublicKey
        var formation: Formation
        var life = 0
        var isUp = false
        var encounter = Encounter.arrival
        var tunnel = ModelTunnel()
        var events: [Formation.Event] = []
    }

    init(_ setup: Setup, seed: Int) throws {
        self.setup = setup
        generator = SeededGenerator(seed: UInt64(seed))
        machines = try [1, 2].map { Machine(key: try key($0), formation: Formation(own: try key($0))) }
    }

    /// Starts a machine's agent with an empty device: it knows the other one from now on.
    ///
    /// - Parameter encounter: how this machine comes to know the other.
    mutating func boot(_ index: Int, as encounter: Encounter = .arrival) {
        machines[index].life += 1
        machines[index].isUp = true
        machines[index].encounter = encounter
        machines[index].formation = Formation(own: machines[index].key)
        machines[index].tunnel = ModelTunnel()
        machines[index].events = []
        schedule(now, .agent(index, life: machines[index].life))
        schedule(now, .traffic(index, life: machines[index].life))
        schedule(now + .microseconds(1), .knock(index, life: machines[index].life))
    }

    func events(_ index: Int) -> [Formation.Event] { machines[index].events }

    /// Each end has a session, and the other can decrypt what it sends.
    var isConnected: Bool {
        guard let first = machines[0].tunnel.current, let second = machines[1].tunnel.current else { return false }
        return machines[1].tunnel.accepts(first) && machines[0].tunnel.accepts(second)
    }

    /// Runs until the condition holds; the time it took, or nil if it did not within the limit.
    mutating func run(for limit: Duration, until isDone: (PairSimulation) -> Bool = { _ in false }) -> Duration? {
        let start = now
        while let next = queue.indices.min(by: { (queue[$0].time, queue[$0].order) < (queue[$1].time, queue[$1].order) }),
            queue[next].time <= start + limit
        {
            let entry = queue.remove(at: next)
            now = max(now, entry.time)
            handle(entry.event)
            if isDone(self) { return now - start }
        }
        now = start + limit
        return nil
    }

    mutating func advance(_ duration: Duration) { _ = run(for: duration) }

    private mutating func schedule(_ time: MonotonicTime, _ event: Event) {
        order += 1
        queue.append((time, order, event))
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .agent(let index, let life):
            guard machines[index].life == life, machines[index].isUp else { return }
            runAgent(index)
        case .arrive(let index, let message):
            guard machines[index].isUp else { return }
            send(machines[index].tunnel.receive(message, now: now), from: index)
        case .retry(let index, let life, let session):
            guard machines[index].life == life, machines[index].tunnel.awaits(session) else { return }
            send(machines[index].tunnel.initiate(session: nextSession(), now: now, isRetry: true), from: index)
        case .traffic(let index, let life):
            guard let pause = setup.traffic, machines[index].life == life else { return }
            if let session = machines[index].tunnel.current { send([.data(session: session)], from: index) }
            schedule(now + pause, event)
        case .knock(let index, let life):
            guard let pause = setup.knocks, machines[index].life == life else { return }
            send(machines[index].tunnel.knock(session: nextSession(), now: now), from: index)
            schedule(.zero + pause * Int(now.nanoseconds / pause.wholeNanoseconds + 1), event)
        }
    }

    private mutating func nextSession() -> Int {
        order += 1
        return order
    }

    private mutating func send(_ messages: [ModelTunnel.Message], from index: Int) {
        for message in messages {
            if case .initiation(let session, _) = message {
                let retry = now + .seconds(5) + .random(in: .zero ... .milliseconds(333), using: &generator)
                schedule(retry, .retry(index, life: machines[index].life, session: session))
            }
            guard machines[index].tunnel.hasRightEndpoint, !generator.chance(setup.loss) else { continue }
            schedule(now + .random(in: setup.latency, using: &generator), .arrive(at: 1 - index, message))
        }
    }

    // MARK: The agent

    private mutating func runAgent(_ index: Int) {
        let other = machines[1 - index].key
        let rightIndex = setup.endpointIndex[index]
        let right = underlay(2 - index)
        let candidates = rightIndex.map { (0..<$0).map { underlay(200 + $0) } + [right] } ?? []
        let wallClock = HandshakeTime(seconds: wallClockOffset + now.nanoseconds / 1_000_000_000)

        let encounter = machines[index].encounter
        machines[index].formation.track([other: candidates], now: now, encounter: { _ in encounter })
        let device = WireGuardDevice(peers: machines[index].tunnel.snapshot(key: other))
        machines[index].events += machines[index].formation.observe(device, wallClock: wallClock, now: now, using: &generator)
        let starts = machines[index].formation.decide(now: now, using: &generator)
        let peer = machines[index].formation.wanted(other, allowedIPs: [host(2 - index)], start: starts[other])
        let wanted = WantedState(
            privateKey: Self.privateKey, publicKey: machines[index].key, listenPort: 51820, peers: peer.map { [$0] } ?? [])
        let change = DeviceChange(peers: Reconciler.plan(wanted, device: device, routes: []).change.peers)
        if !change.isEmpty { changes.append((now, index, change)) }
        for change in change.peers {
            let session = nextSession()
            send(
                machines[index].tunnel.apply(change, right: right, session: session, now: now, wallClock: wallClock), from: index)
        }
        let drift = now + machines[index].formation.lookInterval(now: now)
        // The round itself takes a moment.
        let wake = max(machines[index].formation.nextWake(now: now).map { min($0, drift) } ?? drift, now + .milliseconds(1))
        schedule(wake, .agent(index, life: machines[index].life))
    }
}
