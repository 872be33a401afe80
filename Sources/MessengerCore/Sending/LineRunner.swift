import Basics
import MeshModel
import MessengerLogic
import NIOCore
import Synchronization
import Timing

/// Carries out what the line to one receiver decides: opens, sends, reads, waits.
actor LineRunner {
    /// Told what becomes of messages, in the line's order.
    struct Listener: Sendable {
        let settled: @Sendable (MessageID, SendVerdict) -> Void
        let queued: @Sendable (MessageID, String) -> Void
        let transmitted: @Sendable (MessageID) -> Void
    }

    private let receiver: MachineName
    private let roster: RosterCache
    private let outbox: OutboxStore
    private let opening: Opening
    private let listener: Listener
    private var line: DeliveryLine
    /// Grows with each connection, so that events of earlier ones are told apart.
    private var generation = 0
    private var conversation: Task<Void, Never>?
    private var feed: AsyncStream<MessageID>.Continuation?
    private var alarm: (time: MonotonicTime, task: Task<Void, Never>)?
    private var isEnded = false
    /// Messages that are on the disk and have not joined yet, in the order of the outbox.
    private let arrivals = Mutex<[LineEntry]>([])

    init(
        to receiver: MachineName, limits: LineLimits, roster: RosterCache, outbox: OutboxStore, opening: Opening,
        listener: Listener
    ) {
        self.receiver = receiver
        self.roster = roster
        self.outbox = outbox
        self.opening = opening
        self.listener = listener
        line = DeliveryLine(to: receiver, limits: limits, seed: .random(in: .min ... .max))
    }

    /// Takes a message that is on the disk. To be called for one after the other, in the order of the outbox: in this order they go.
    nonisolated func take(_ entry: LineEntry) {
        arrivals.withLock { $0.append(entry) }
        Task { await joinArrivals() }
    }

    private func joinArrivals() async {
        let entries = arrivals.withLock { entries in
            defer { entries = [] }
            return entries
        }
        guard !entries.isEmpty else { return }
        for entry in entries { handle(.join(entry)) }
        let look = await roster.look(receiver)
        for entry in entries { handle(.looked(look, for: entry.id)) }
    }

    /// Takes the messages that the last run left, oldest first.
    func restore(_ entries: [LineEntry]) {
        for entry in entries { handle(.join(entry)) }
        perform(.look)
    }

    /// Looks whether the receiver came or went, if that matters now.
    func watch() async {
        guard line.isActive else { return }
        let look = await roster.look(receiver)
        // An agent that is away for a moment is no news.
        if case .resolved = look { handle(.looked(look, for: nil)) }
    }

    /// Closes the connection and stops. Messages stay in the outbox.
    func end() {
        isEnded = true
        hangUp()
        alarm?.task.cancel()
        alarm = nil
    }

    private func handle(_ event: DeliveryLine.Event) {
        guard !isEnded else { return }
        for action in line.handle(event, at: .now) { perform(action) }
        setAlarm()
    }

    private func report(_ event: DeliveryLine.Event, of number: Int) {
        if number == generation { handle(event) }
    }

    private func perform(_ action: DeliveryLine.Action) {
        switch action {
        case .look:
            Task {
                let look = await roster.look(receiver)
                handle(.looked(look, for: nil))
            }
        case .open(let own, let peer):
            generation += 1
            let number = generation
            conversation = Task { await converse(number, from: own, to: peer) }
        case .transmit(let id):
            listener.transmitted(id)
            feed?.yield(id)
        case .close: hangUp()
        case .settle(let id, let verdict): listener.settled(id, verdict)
        case .tellQueued(let id, let why): listener.queued(id, why)
        }
    }

    private func hangUp() {
        generation += 1
        conversation?.cancel()
        conversation = nil
        feed?.finish()
        feed = nil
    }

    private func setAlarm() {
        let next = line.nextTick
        guard next != alarm?.time else { return }
        alarm?.task.cancel()
        alarm = next.map { time in
            (
                time,
                Task {
                    do {
                        try await Task.sleep(for: max(.zero, time - .now))
                    } catch {
                        return
                    }
                    ring(time)
                }
            )
        }
    }

    private func ring(_ time: MonotonicTime) {
        if alarm?.time == time { alarm = nil }
        handle(.tick)
    }

    private func converse(_ number: Int, from own: IPAddress, to peer: IPAddress) async {
        let opened = await opening.open(from: own, to: peer, of: receiver) { @Sendable in
            await self.report(.connected, of: number)
        }
        switch opened {
        case .failure(let failure): report(.openFailed(failure.verdict), of: number)
        case .success(let connection):
            defer { connection.close() }
            guard number == generation else { return }
            let (ids, feed) = AsyncStream.makeStream(of: MessageID.self)
            self.feed = feed
            report(.opened, of: number)
            await withTaskGroup { group in
                group.addTask { await self.write(ids, to: connection, number) }
                await self.read(from: connection, number)
                feed.finish()
                group.cancelAll()
            }
        }
    }

    private nonisolated func write(_ ids: AsyncStream<MessageID>, to connection: FrameConnection, _ number: Int) async {
        for await id in ids {
            do {
                guard let text = try await outbox.text(of: id) else {
                    throw CodedError("outbox-damaged", "the message is not in the outbox")
                }
                // The line watches the acknowledgement, which comes later than the system takes the frame.
                try await connection.send(.message(id, text), within: .seconds(60))
            } catch {
                await report(.broken("\(error)"), of: number)
                return connection.close()
            }
        }
    }

    private nonisolated func read(from connection: FrameConnection, _ number: Int) async {
        do {
            while true {
                // How long it may take, the line decides.
                switch try await connection.receive(within: .seconds(86_400)) {
                case .acknowledge(let id): await report(.acknowledged(id), of: number)
                case .refuse(let refusal): return await report(.refused(refusal.verdict(receiver)), of: number)
                default: throw CodedError("out-of-turn", "\(receiver) answered with something else than the protocol allows")
                }
            }
        } catch {
            await report(.broken("\(error)"), of: number)
        }
    }
}
