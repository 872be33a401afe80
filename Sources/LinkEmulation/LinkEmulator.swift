import Basics
import NetworkModel
import Netlink

/// Brings the kernel to a plan of link faults, reads back that it is there, and counts what it does.
///
/// Calls are carried out one after the other. Everything that it makes lives in network namespaces and sockets, so nothing is left when
/// the process dies.
public actor LinkEmulator {
    private let environment: EmulationEnvironment
    private let filter: FilterControl
    private let queueControl: QueueControl
    private let wiring: RelayWiring
    private let thread: RelayThread

    private var plan = LinkPlan.empty
    private var rules: FilterControl.Rules = [:]
    private var wired: [String: RelayWiring.Wired] = [:]
    private var queues: [QueueControl.Placed] = []
    private var tally = FaultTally()
    private var last: Task<Void, Never>?

    public init(_ environment: EmulationEnvironment) {
        self.environment = environment
        filter = FilterControl(nft: environment.nft, run: environment.run)
        queueControl = QueueControl(environment: environment)
        thread = RelayThread(seed: environment.seed)
        wiring = RelayWiring(environment: environment, thread: thread)
    }

    /// Compiles and applies.
    ///
    /// - Throws: as `LinkPlan.compile` and `apply`.
    @discardableResult
    public func apply(
        _ faults: FaultSet, ports: PortTable, basis: [String: LinkPair] = [:]
    ) async throws -> [EngineUse] {
        try await apply(LinkPlan.compile(faults, ports: ports, basis: basis, capabilities: environment.capabilities))
    }

    /// Brings the kernel to the plan's state, whatever the last one was, and reads it back. To be called again, with the new port
    /// table, after a machine was booted.
    ///
    /// - Returns: which engine does what. A fault that needs a relay or a queue has none while the machine is off.
    /// - Throws: `fault.not-in-effect` if the kernel does not show what was asked for, or the error of what could not be done. The
    ///   kernel may then be in between; another `apply` starts from what is there.
    @discardableResult
    public func apply(_ plan: LinkPlan) async throws -> [EngineUse] {
        try await exclusively { try await self.change(to: plan) }
        return plan.engines
    }

    /// Reads back again, and changes nothing.
    ///
    /// - Throws: `fault.not-in-effect` with what is missing or other than it was left.
    public func verify() async throws {
        try await exclusively { try await self.check() }
    }

    /// What each fault has done since it was added, by its name.
    public func counters() async throws -> [String: FaultCount] {
        try await exclusively { try await self.count() }
    }

    /// Ends all faults.
    public func stop() async throws {
        try await exclusively {
            try await self.change(to: .empty)
            self.thread.stop()
        }
    }

    private func exclusively<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let previous = last
        let task = Task {
            await previous?.value
            return try await body()
        }
        last = Task { _ = await task.result }
        return try await task.value
    }

    private func change(to new: LinkPlan) async throws {
        // What was counted so far; a table that somebody else removed has nothing to say, and is about to be made again.
        _ = try? await count()
        tally.keep(Set(new.engines.map(\.fault)))
        // Relays that end first: their ports are in the old filter under both names. The new ones last, for the same reason.
        var ending: [RelayWiring.Wired] = []
        for (owner, entry) in wired {
            let isWanted = new.relays.contains { $0.port == entry.port }
            guard !(isWanted && wiring.isSound(entry)) else { continue }
            wired[owner] = nil
            tally.forget("relay \(owner)")
            ending.append(entry)
        }
        try await wiring.disconnect(ending)
        try await changeQueues(to: new)
        var isFilterCurrent = plan.filter == new.filter && !new.filter.isEmpty
        if isFilterCurrent { isFilterCurrent = await isFilterSound() }
        if !isFilterCurrent {
            rules = try await filter.load(new.filter)
            tally.forget("filter")
            plan.filter = new.filter
        }
        for relay in new.relays { try await connect(relay) }
        plan = new
        try await check()
    }

    private func isFilterSound() async -> Bool {
        do {
            try await filter.verify(plan.filter, rules: rules)
            return true
        } catch {
            // Whatever it is: it is loaded again, and read back.
            return false
        }
    }

    private func connect(_ relay: LinkPlan.Relay) async throws(CodedError) {
        let owner = relay.port.owner
        guard var entry = wired[owner] else {
            wired[owner] = try await wiring.connect(relay.port, relay.program)
            return
        }
        guard entry.program != relay.program else { return }
        try thread.change(entry.relay, owner: owner, program: relay.program)
        tally.forget("relay \(owner)")
        entry.program = relay.program
        wired[owner] = entry
    }

    private func changeQueues(to new: LinkPlan) async throws(CodedError) {
        var kept: [QueueControl.Placed] = []
        for entry in queues {
            let isSound = await queueControl.isSound(entry)
            if isSound && new.queues.contains(entry.queue) { kept.append(entry) } else { try await queueControl.remove(entry) }
        }
        queues = kept
        for queue in new.queues where !kept.contains(where: { $0.queue == queue }) {
            queues.append(try await queueControl.place(queue))
            tally.forget("queue \(queue.port.owner) \(queue.direction.rawValue)")
        }
    }

    private func check() async throws {
        try await filter.verify(plan.filter, rules: rules)
        _ = try await queueControl.read(queues)
        for entry in wired.values { try wiring.verify(entry) }
    }

    private func count() async throws -> [String: FaultCount] {
        tally.add(try await filter.counts(plan.filter), of: "filter")
        for (entry, reading) in zip(queues, try await queueControl.read(queues)) {
            let count = FaultCount(matched: reading.packets + reading.drops, dropped: reading.drops)
            let counts = Dictionary(entry.queue.faults.map { ($0, count) }, uniquingKeysWith: { first, _ in first })
            tally.add(counts, of: "queue \(entry.queue.port.owner) \(entry.queue.direction.rawValue)")
        }
        for (owner, entry) in wired {
            guard let counts = thread.counts(entry.relay, entry.program) else { continue }
            tally.add(counts.byFault, of: "relay \(owner)")
        }
        return tally.totals
    }
}

/// Adds up counters that start anew whenever what they belong to is made anew.
struct FaultTally {
    private(set) var totals: [String: FaultCount] = [:]
    private var readings: [String: [String: FaultCount]] = [:]

    /// Takes a reading of one source, by fault.
    mutating func add(_ counts: [String: FaultCount], of source: String) {
        for (fault, count) in counts { totals[fault] = (totals[fault] ?? FaultCount()) + count.since(readings[source]?[fault]) }
        readings[source] = counts
    }

    /// The source is made anew.
    mutating func forget(_ source: String) { readings[source] = nil }

    /// Only these faults are on.
    mutating func keep(_ faults: Set<String>) { totals = totals.filter { faults.contains($0.key) } }
}
