import Basics
import Logging
import MeshModel
import Observability

/// Writes the peer map to disk when its peers have changed, a few times a second at the most.
///
/// It runs on a queue of its own, because a disk may take its time.
actor PeerMapSaver {
    private let membership: Membership
    private let store: PeerMapStore
    private let logger: Logger
    private nonisolated let executor = BlockingExecutor(label: "warren.peer-map")
    private var saved: PeerMap
    private var hasFailed = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private static let pause = Duration.milliseconds(300)

    init(membership: Membership, store: PeerMapStore, logger: Logger) {
        self.membership = membership
        self.store = store
        self.logger = logger
        saved = membership.current.map
    }

    /// Runs until the task is cancelled; what is new by then is written.
    func run() async {
        while !Task.isCancelled {
            await membership.saveSignal.wait()
            if membership.current.map.peers != saved.peers { save() }
            try? await Task.sleep(for: Self.pause)
        }
        if membership.current.map != saved { save() }
    }

    private func save() {
        let state = membership.current
        guard let machine = state.registration?.id, state.map.position != nil, !state.isLeaving else { return }
        do throws(CodedError) {
            try store.save(state.map, of: machine)
            saved = state.map
            hasFailed = false
        } catch {
            guard !hasFailed else { return }
            hasFailed = true
            logger.event("peers-not-saved", "the peer map could not be written to disk: \(error)", level: .error)
        }
    }
}
