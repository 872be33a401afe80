import Basics
import NetworkModel
import Netlink

/// Brings the queues at cables' ends to a plan's state and reads them back.
struct QueueControl: Sendable {
    /// A queue that stands.
    struct Placed: Sendable {
        let queue: LinkPlan.Queue
        /// Of the interface that has it; a reboot makes a new one.
        let index: Int32
    }

    let environment: EmulationEnvironment

    func place(_ queue: LinkPlan.Queue) async throws(CodedError) -> Placed {
        guard let (socket, link) = try await end(queue) else {
            throw .notInEffect("the cable of \(queue.port.owner) has no \(queue.direction.rawValue) end")
        }
        try socket.setRootQueue(link.index, queue.discipline.netlink)
        return Placed(queue: queue, index: link.index)
    }

    /// Whether the queue stands where it was placed; after a reboot it does not, for the machine has new interfaces.
    func isSound(_ placed: Placed) async -> Bool {
        do throws(CodedError) {
            _ = try await read([placed])
            return true
        } catch {
            // Whatever it is: the queue is placed anew, and that says what does not work.
            return false
        }
    }

    func remove(_ placed: Placed) async throws(CodedError) {
        guard let (socket, link) = try await end(placed.queue), link.index == placed.index else { return }
        try socket.removeRootQueue(link.index)
    }

    /// What stands at the places now.
    ///
    /// - Throws: `fault.not-in-effect` if one is not what it should be.
    func read(_ placed: [Placed]) async throws(CodedError) -> [QueueReading] {
        guard !placed.isEmpty else { return [] }
        let fabric = placed.contains { $0.queue.direction == .down } ? try environment.fabric.rootQueues() : [:]
        var readings: [QueueReading] = []
        for entry in placed {
            let queues = entry.queue.direction == .down ? fabric : try await end(entry.queue)?.0.rootQueues() ?? [:]
            let name = "\(entry.queue.direction.rawValue) queue of \(entry.queue.port.owner)"
            guard let reading = queues[entry.index] else { throw .notInEffect("the \(name) is gone") }
            guard reading.discipline.isClose(to: entry.queue.discipline.netlink) else {
                throw .notInEffect("the \(name) is \(reading.discipline) where \(entry.queue.discipline.netlink) was asked for")
            }
            readings.append(reading)
        }
        return readings
    }

    private func end(_ queue: LinkPlan.Queue) async throws(CodedError) -> (RouteSocket, Link)? {
        switch queue.direction {
        case .down: return try environment.fabric.link(named: queue.port.port).map { (environment.fabric, $0) }
        case .up:
            guard let socket = await environment.machine(queue.port.owner) else { return nil }
            return try socket.link(named: queue.port.inside).map { (socket, $0) }
        }
    }
}

extension LinkPlan.Queue.Discipline {
    /// As the kernel is told.
    var netlink: QueueDiscipline {
        switch self {
        case .tokenBucket(let bucket):
            return .tokenBucket(TokenBucketQueue(rate: bucket.rate, burst: bucket.burst, limit: bucket.limit))
        case .netem(let properties):
            func share(_ value: Double) -> UInt32 { UInt32((min(max(value, 0), 1) * Double(UInt32.max)).rounded()) }
            var queue = NetemQueue()
            queue.delay = Int(properties.delay.wholeNanoseconds / 1_000)
            queue.jitter = Int(properties.jitter.wholeNanoseconds / 1_000)
            queue.loss = share(properties.loss)
            queue.duplicate = share(properties.duplicate)
            queue.reorder = share(properties.reorder)
            queue.corrupt = share(properties.corrupt)
            return .netem(queue)
        }
    }
}

extension QueueDiscipline {
    /// The same but for what the kernel rounds: a burst is kept as a time, times as ticks.
    func isClose(to other: QueueDiscipline) -> Bool {
        switch (self, other) {
        case (.tokenBucket(let one), .tokenBucket(let two)):
            return one.rate == two.rate && one.limit == two.limit && abs(one.burst - two.burst) <= two.burst / 20 + 16
        case (.netem(var one), .netem(let two)):
            guard abs(one.delay - two.delay) <= 1 + two.delay / 1_000, abs(one.jitter - two.jitter) <= 1 + two.jitter / 1_000
            else {
                return false
            }
            (one.delay, one.jitter) = (two.delay, two.jitter)
            return one == two
        default: return self == other
        }
    }
}
