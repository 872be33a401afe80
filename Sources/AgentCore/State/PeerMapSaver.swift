import Basics
import Logging
import MeshModel
import Observability
import Timing

/// Writes the peer map to disk when its peers, or what they are known by, have changed: what comes within a moment is written together.
///
/// It runs on a queue of its own, because a disk may take its time.
actor PeerMapSaver {
    private let membership: Membership
    private let store: PeerMapStore
    private let logger: Logger
    private nonisolated let executor = BlockingExecutor(label: "warren.peer-map")
    private var saved: PeerMapStore.Saved
    private var hasFailed = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// From news to their writing, and from one writing to the next: at least this long, and so many times what the last one took. A map
    /// of thousands takes a while. The coordinator has it all; what a machine that loses its power has not written yet it gets again.
    /// Pins of machines first seen in that time are lost with it: they are seen for the first time once more.
    private static let pause = Duration.milliseconds(500)
    private static let share = 20

    init(membership: Membership, store: PeerMapStore, logger: Logger) {
        self.membership = membership
        self.store = store
        self.logger = logger
        let state = membership.current
        saved = PeerMapStore.Saved(map: state.map, pins: state.pins)
    }

    /// Runs until the task is cancelled; what is new by then is written.
    func run() async {
        while !Task.isCancelled {
            await membership.saveSignal.wait()
            try? await Task.sleep(for: Self.pause)
            let begin = MonotonicTime.now
            let state = membership.current
            if state.map.peers != saved.map.peers || state.pins != saved.pins { save() }
            try? await Task.sleep(for: (.now - begin) * Self.share)
        }
        let state = membership.current
        if state.map != saved.map || state.pins != saved.pins { save() }
    }

    private func save() {
        let state = membership.current
        guard let machine = state.registration?.id, state.map.position != nil, !state.isLeaving else { return }
        do throws(CodedError) {
            let next = PeerMapStore.Saved(map: state.map, pins: state.pins)
            try store.save(next, of: machine)
            saved = next
            hasFailed = false
        } catch {
            guard !hasFailed else { return }
            hasFailed = true
            logger.event("peers-not-saved", "the peer map could not be written to disk: \(error)", level: .error)
        }
    }
}
