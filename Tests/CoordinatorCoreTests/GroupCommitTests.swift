import Basics
import ControlProtocol
import FoundationEssentials
import MeshModel
import Testing

@testable import CoordinatorCore

/// Registrations that come at the same time share a transaction.
@Suite struct GroupCommitTests {
    @Test func whoWaitsTogetherIsCommittedTogether() async throws {
        let directory = try TestDirectory()
        let coordinator = try await makeCoordinator(directory, TestSettings(pool: "10.0.0.0/16"))
        let token = try await coordinator.issueToken(TokenRequest(reusable: true, expiresInSeconds: 60))
        let before = try commits(in: directory)
        let outcomes = try await together(coordinator, (1...200).map { ("n\($0)", $0, token.secret) })
        #expect(outcomes.allSatisfy { $0 == "201" })
        #expect(try commits(in: directory) - before == 1, "one commit for all of them")
        #expect(await coordinator.health().machines == 200)
        let addresses = try await coordinator.store.machines().map(\.peer.meshAddress)
        #expect(Set(addresses).count == 200)
    }

    @Test func eachHasItsOwnError() async throws {
        let directory = try TestDirectory()
        let coordinator = try await makeCoordinator(directory, TestSettings(pool: "10.0.0.0/30"))
        let token = try await coordinator.issueToken(TokenRequest(reusable: true, expiresInSeconds: 60)).secret
        let once = try await coordinator.issueToken(TokenRequest(reusable: false, expiresInSeconds: 60)).secret
        let outcomes = try await together(
            coordinator,
            [
                ("a", 1, once), ("b", 2, once), ("a", 2, token), ("a", 1, once), ("a2", 1, token), ("a", 2, token),
                ("c", 3, token),
                ("d", 4, token), ("e", 5, token), ("f", 5, "nonsense"),
            ])
        #expect(
            outcomes == [
                "201", "join-token-invalid", "name-taken", "200", "200", "201", "201", "201", "address-pool-exhausted",
                "join-token-invalid",
            ])
        let names = await coordinator.machineList().machines.map(\.name.text)
        #expect(names == ["a", "a2", "c", "d"])
        let stored = try await coordinator.store.machines().map(\.peer.name.text).sorted()
        #expect(stored == names)
    }

    @Test func tooManyAreToldSo() async throws {
        let directory = try TestDirectory()
        let coordinator = try await makeCoordinator(directory)
        let many = (0...RegistrationQueue.waitingLimit).map { ("n\($0)", $0, "nonsense") }
        let outcomes = try await together(coordinator, many)
        #expect(outcomes.dropLast().allSatisfy { $0 == "join-token-invalid" } && outcomes.last == "busy")
    }

    /// Sends registrations in this order while the lane is held, so that all of them wait when it is free; what came of each.
    private func together(
        _ coordinator: Coordinator, _ wanted: [(name: String, key: Int, bearer: String)]
    ) async throws -> [String] {
        let lane = await coordinator.lane
        try await lane.enter()
        var tasks: [Task<String, Never>] = []
        for (name, number, bearer) in wanted {
            let request = try await provedRequest(name, number, bearer, coordinator)
            let waiting = await coordinator.waitingRegistrations.count
            // Of before: a task that finds the queue full does not wait in it.
            let isFull = await coordinator.waitingRegistrations.isFull
            let task = Task { await code(of: request, bearer, coordinator) }
            tasks.append(task)
            while !isFull, await coordinator.waitingRegistrations.count == waiting { await Task.yield() }
            if isFull { _ = await task.value }
        }
        lane.leave()
        var outcomes: [String] = []
        for task in tasks { outcomes.append(await task.value) }
        return outcomes
    }

    private func code(of request: RegistrationRequest, _ bearer: String, _ coordinator: Coordinator) async -> String {
        do throws(CodedError) {
            return try await coordinator.register(request, bearer: bearer, from: "test").isNew ? "201" : "200"
        } catch {
            return error.code
        }
    }

    /// How many transactions the write-ahead log holds: frames that carry the size of the database (sqlite.org/fileformat2.html#walformat).
    private func commits(in directory: TestDirectory) throws -> Int {
        let log = try #require(try directory.files()["coordinator.db-wal"])
        return stride(from: 32, to: log.count, by: 24 + 4_096).count { log[($0 + 4)..<($0 + 8)].contains { $0 != 0 } }
    }
}
