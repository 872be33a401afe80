import Basics
import ControlProtocol
import Glibc
import MeshModel
import Synchronization
import Testing

@testable import CoordinatorCore

/// The real program, killed again and again while machines register.
@Suite struct KillLoopTests {
    private static let kills = 12
    private static let workers = 8

    @Test func noAcknowledgedRegistrationIsLostAndNoAddressIsGivenTwice() async throws {
        let directory = try TestDirectory()
        let data = "\(directory.path)/data"
        let socket = AdminPath.socket(in: data)
        var acknowledged: [MachineID: Registration] = [:]
        var secret: String?
        var nextKey = 1
        for round in 1...Self.kills {
            let served = try await ServedCoordinator(data: data, logIn: directory, ["--pool", "10.0.0.0/16"])
            let client = TestClient(url: served.url, socket: socket, pin: served.pin?.bytes)
            try await check(acknowledged, client)
            let token = if let secret { secret } else { try await client.issueToken().secret }
            secret = token
            let first = nextKey
            nextKey += Self.workers * 1_000
            // The kill falls after another number of registrations in each round.
            let enough = 5 + (round * 7) % 31
            let tally = Tally()
            let fresh = try await withThrowingTaskGroup(of: [Registration].self) { group in
                for worker in 0..<Self.workers {
                    let numbers = first + worker * 1_000..<first + worker * 1_000 + 1_000
                    group.addTask {
                        var mine: [Registration] = []
                        for number in numbers {
                            guard let one = try? await client.register("n\(number)", key: number, bearer: token) else { break }
                            mine.append(one)
                            if tally.next() == enough {
                                served.process.signal(SIGKILL)
                            }
                        }
                        return mine
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(await served.end(SIGKILL) == .signaled(SIGKILL))
            try #require(fresh.count >= enough, "the kill came under load")
            for one in fresh { #expect(acknowledged.updateValue(one, forKey: one.id) == nil) }
        }
        let served = try await ServedCoordinator(data: data, logIn: directory, ["--pool", "10.0.0.0/16"])
        try await check(acknowledged, TestClient(url: served.url, socket: socket, pin: served.pin?.bytes))
        #expect(await served.end(SIGTERM) == .exited(0))
        print("\(Self.kills) kills, \(acknowledged.count) acknowledged registrations, all there")
    }

    /// Counts what all workers do together.
    private final class Tally: Sendable {
        private let count = Mutex(0)
        func next() -> Int {
            count.withLock { count in
                count += 1
                return count
            }
        }
    }

    private func check(_ acknowledged: [MachineID: Registration], _ client: TestClient) async throws {
        let list = try await client.admin.get(APIPath.machines, as: MachineList.self).machines
        #expect(Set(list.map(\.meshAddress)).count == list.count, "no address twice")
        let found = Dictionary(uniqueKeysWithValues: list.map { ($0.id, $0) })
        for (id, one) in acknowledged {
            #expect(found[id]?.meshAddress == one.meshAddress && found[id]?.name == one.name, "\(one.name) is lost")
        }
    }
}
