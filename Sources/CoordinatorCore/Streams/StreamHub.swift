import Basics
import ControlProtocol
import CoordinatorLogic
import MeshModel
import Synchronization
import Timing

/// Between the coordinator, which alone changes the peer map, and its readers, who take their lines from here without waiting for it.
final class StreamHub: Sendable {
    private struct State {
        var feed: PeerFeed
        var streams: [MachineID: PeerStream] = [:]
    }
    private let state: Mutex<State>
    /// One element whenever there may be something new for the readers.
    private let changes: AsyncStream<Void>
    private let changed: AsyncStream<Void>.Continuation

    /// - Parameter logCapacity: how many changes a reader may lag behind before it gets a snapshot.
    init(epoch: String, logCapacity: Int = Registry.defaultLogCapacity) {
        state = Mutex(State(feed: PeerFeed(epoch: epoch, logCapacity: logCapacity)))
        (changes, changed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// The time between two rounds of wake-ups, for each reader: what comes in between is told in one line. To write a line to one
    /// reader takes about 40 microseconds of processor time, so a burst of changes costs less than half a processor however long it is.
    /// A change after a quiet time leaves at once.
    static let pausePerStream = Duration.microseconds(100)
    /// The longest such time: 10,000 readers.
    static let longestPause = Duration.seconds(1)
    /// How often in a keepalive interval it is looked who needs one.
    static let looksPerKeepalive = 15

    // MARK: Changes

    /// Takes over what changed in the registry, and lets the readers know.
    func publish(_ registry: Registry) throws(CodedError) {
        let result = state.withLock { state -> Result<Void, CodedError> in
            Result { () throws(CodedError) in
                guard let changes = registry.changes(after: state.feed.position.revision) else {
                    return try state.feed.reset(registry.machines, revision: registry.position.revision)
                }
                try state.feed.publish(changes) { registry[$0] }
            }
        }
        try result.get()
        changed.yield()
    }

    /// Begins with these machines.
    func restore(_ registry: Registry) throws(CodedError) {
        try state.withLock { state in
            Result { () throws(CodedError) in try state.feed.reset(registry.machines, revision: registry.position.revision) }
        }.get()
    }

    /// What a reader needs next; nil if it has everything and no keepalive is wanted.
    func next(
        for reader: MachineID, since: PeerMapPosition?, content: PeerMapDigest? = nil, keepalive: Bool = false
    ) -> PeerFeed.Turn? {
        state.withLock { state in
            state.feed.next(for: reader, since: since, content: content) ?? (keepalive ? state.feed.keepaliveTurn() : nil)
        }
    }

    // MARK: Streams

    /// The open streams.
    var streams: [MachineID: PeerStream] { state.withLock { $0.streams } }

    /// How many streams are open.
    var count: Int { state.withLock { $0.streams.count } }

    /// Adds a stream; the one that the machine had is handed back.
    func add(_ stream: PeerStream) -> PeerStream? {
        state.withLock { $0.streams.updateValue(stream, forKey: stream.machine) }
    }

    /// Takes a machine's stream out.
    func remove(_ id: MachineID) -> PeerStream? { state.withLock { $0.streams.removeValue(forKey: id) } }

    /// Takes this stream out, unless the machine has another one by now. Whether it was there.
    func remove(_ stream: PeerStream) -> Bool {
        state.withLock { state in
            guard state.streams[stream.machine] === stream else { return false }
            state.streams[stream.machine] = nil
            return true
        }
    }

    /// Takes all streams out.
    func removeAll() -> [PeerStream] {
        state.withLock { state in
            defer { state.streams = [:] }
            return Array(state.streams.values)
        }
    }

    // MARK: Wake-ups

    /// Wakes the readers when there is something new, until cancelled.
    func runWakeUps() async {
        for await _ in changes {
            let all = everybody()
            for stream in all { stream.wake() }
            try? await Task.sleep(for: min(Self.longestPause, Self.pausePerStream * all.count))
        }
    }

    /// Asks for a keepalive on each stream that has been without a line for so long, until cancelled. One timer for all.
    func runKeepalives(every keepalive: Duration) async {
        while (try? await Task.sleep(for: keepalive / Self.looksPerKeepalive)) != nil {
            let now = MonotonicTime.now
            for stream in everybody() { stream.wakeForKeepalive(now: now, after: keepalive) }
        }
    }

    /// Outside of the lock, so that waking thousands keeps nobody else waiting.
    private func everybody() -> [PeerStream] { state.withLock { Array($0.streams.values) } }
}
