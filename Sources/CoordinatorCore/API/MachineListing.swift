import Basics
import ControlProtocol
import MeshModel
import Timing

/// The answer to `GET /v1/machines` of the public API, which every machine may ask for as often as it likes.
///
/// The list is sorted and encoded here and not where heartbeats and streams wait for it; once for all who ask meanwhile; not at all if
/// nothing has changed; and never for more than half of the time, however many ask. What was true when somebody asked is in the answer.
actor MachineListing {
    private struct Listing: Sendable {
        let position: PeerMapPosition
        let body: [UInt8]
    }

    private let coordinator: Coordinator
    private var last: Listing?
    /// The one that has not begun yet, for whoever asks from now on.
    private var next: Task<Listing, any Error>?
    /// The one that was asked for last, begun or not.
    private var latest: Task<Listing, any Error>?
    /// Before this no other one is made.
    private var pauseEnds = MonotonicTime.zero
    /// How many were made.
    private(set) var count = 0
    /// How long that took altogether, and the longest of them.
    private(set) var (spent, longest) = (Duration.zero, Duration.zero)

    init(of coordinator: Coordinator) { self.coordinator = coordinator }

    /// The list as JSON, as of now or later.
    func body() async throws -> [UInt8] {
        if let last, await coordinator.position == last.position { return last.body }
        if let next { return try await next.value.body }
        let before = latest
        let task = Task {
            _ = await before?.result
            return try await make()
        }
        (next, latest) = (task, task)
        return try await task.value.body
    }

    private func make() async throws -> Listing {
        let pause = pauseEnds - .now
        if pause > .zero { try? await Task.sleep(for: pause) }
        // Who asks from here on may know of something that this one lacks.
        next = nil
        if let last, await coordinator.position == last.position { return last }
        let (position, machines) = await coordinator.snapshot
        let start = MonotonicTime.now
        let list = MachineEntryList(position: position, machines: machines.sorted { $0.name < $1.name }.map(MachineEntry.init))
        let listing = Listing(position: position, body: try ResponseJSON.encode(list))
        last = listing
        count += 1
        let end = MonotonicTime.now
        (spent, longest) = (spent + (end - start), max(longest, end - start))
        pauseEnds = end + (end - start)
        return listing
    }
}
