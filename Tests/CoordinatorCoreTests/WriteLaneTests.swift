import Basics
import Synchronization
import Testing

@testable import CoordinatorCore

@Suite struct WriteLaneTests {
    @Test func oneAtATimeAndAllGetTheirTurn() async throws {
        let lane = WriteLane()
        let room = Room()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    try await lane.enter()
                    room.enter()
                    await Task.yield()
                    room.leave()
                    lane.leave()
                }
            }
            try await group.waitForAll()
        }
        #expect(room.most == 1 && room.visits == 200)
        try await lane.enter()
    }

    /// Counts who is in it at the same time.
    private final class Room: Sendable {
        private struct Count {
            var now = 0
            var most = 0
            var visits = 0
        }
        private let count = Mutex(Count())
        var most: Int { count.withLock { $0.most } }
        var visits: Int { count.withLock { $0.visits } }

        func enter() {
            count.withLock { count in
                count.now += 1
                count.visits += 1
                count.most = max(count.most, count.now)
            }
        }
        func leave() { count.withLock { $0.now -= 1 } }
    }
}
