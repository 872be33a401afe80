import Basics
import ControlProtocol
import FoundationEssentials
import GRDB
import Glibc
import MeshModel
import Testing

@testable import CoordinatorCore

@Suite struct DurabilityTests {
    @Test func whatWasAcknowledgedSurvivesAKill() async throws {
        let directory = try TestDirectory()
        let crashed = try TestDirectory()
        let (one, two, token) = try await withCoordinator(directory) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            let two = try await client.register("b", key: 2, bearer: token.secret)
            // What the disk holds at this instant, with nothing closed or checkpointed: what a SIGKILL would leave.
            for (name, bytes) in try directory.files() where name.hasPrefix("coordinator.db") && !name.hasSuffix("-shm") {
                try Data(bytes).write(to: URL(filePath: "\(crashed.path)/\(name)"))
            }
            return (one, two, token)
        }
        #expect(try crashed.files().keys.contains("coordinator.db-wal"))
        try await withCoordinator(crashed) { client in
            let list = try await client.admin.get(APIPath.machines, as: MachineList.self)
            #expect(list.machines.map(\.id) == [one.id, two.id])
            #expect(try await client.tryHeartbeat(one).status == 200)
            let again = try await client.register("b", key: 2, bearer: token.secret)
            #expect(again.id == two.id && again.meshAddress == two.meshAddress)
            let three = try await client.register("c", key: 3, bearer: token.secret)
            #expect(three.meshAddress.description == "100.64.0.3", "no address is handed out twice")
        }
    }

    @Test func everyCommitReachesTheDisk() async throws {
        let directory = try TestDirectory()
        let store = try Store(path: DataDirectory.database(in: directory.path))
        let (journal, synchronous) = try await store.read("test") { database in
            (
                try String.fetchOne(database, sql: "PRAGMA journal_mode"),
                try Int.fetchOne(database, sql: "PRAGMA synchronous")
            )
        }
        #expect(journal == "wal" && synchronous == 2, "2 is FULL: the log is synced at every commit")
    }

    @Test func aRestartKeepsMachinesAndBeginsANewEpoch() async throws {
        let directory = try TestDirectory()
        let (one, two, position) = try await withCoordinator(directory) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            let two = try await client.register("b", key: 2, bearer: token.secret, endpoints: ["192.0.2.2:51820"])
            _ = try await client.tryHeartbeat(two, endpoints: ["192.0.2.9:51820"])
            return (one, two, try await client.admin.get(APIPath.machines, as: MachineList.self).position)
        }
        try await withCoordinator(directory) { client in
            let list = try await client.admin.get(APIPath.machines, as: MachineList.self)
            #expect(list.machines.map(\.id) == [one.id, two.id])
            #expect(list.machines.map(\.meshAddress) == [one.meshAddress, two.meshAddress])
            #expect(list.machines[1].endpoints.map(\.description) == ["192.0.2.9:51820"], "the ones of the last heartbeat")
            #expect(list.position.epoch != position.epoch && list.position.epoch.count == 16)
            let stream = try await client.follow(one, since: position)
            #expect(try await stream.next()?.snapshot?.map(\.id) == [two.id], "a new epoch gets a snapshot")
            #expect(try await client.tryHeartbeat(two).status == 200, "the credential is still good")
        }
    }

    @Test func aSecondCoordinatorOnTheSameDirectoryIsRefused() async throws {
        let directory = try TestDirectory()
        try await withCoordinator(directory) { client in
            let error = await #expect(throws: CodedError.self) {
                try await withCoordinator(directory) { _ in }
            }
            #expect(error?.code == "data-in-use" && error?.message.contains("process \(getpid())") == true)
            let health = try await client.admin.get(APIPath.health, as: Health.self)
            #expect(health.status == "ok", "the first one is not disturbed")
            #expect(AdminSocket.isAnswering(in: directory.path))
        }
        #expect(!AdminSocket.isAnswering(in: directory.path))
    }

    @Test func aStaleSocketIsReplaced() async throws {
        let directory = try TestDirectory()
        let path = AdminPath.socket(in: directory.path)
        try leaveSocketBehind(path)
        try await withCoordinator(directory) { client in
            let health = try await client.admin.get(APIPath.health, as: Health.self)
            #expect(health.status == "ok")
        }
        #expect(!FileManager.default.fileExists(atPath: path), "and removed at the end")
    }

    @Test func placesThatCannotBeUsedAreClearErrors() async throws {
        let directory = try TestDirectory()
        try Data("x".utf8).write(to: URL(filePath: "\(directory.path)/file"))
        #expect(throws: CodedError.self) { try DataDirectory("\(directory.path)/file/below") }
        try Data("no database".utf8).write(to: URL(filePath: "\(directory.path)/coordinator.db"))
        let damaged = await #expect(throws: CodedError.self) { try await withCoordinator(directory) { _ in } }
        #expect(damaged?.code == "storage-failed")
        let other = try TestDirectory()
        let bind = await #expect(throws: CodedError.self) {
            try await withCoordinator(other, TestSettings(listen: "192.0.2.1:7400")) { _ in }
        }
        #expect(bind?.code == "cannot-listen" && bind?.message.contains("192.0.2.1:7400") == true)
    }

    @Test func anotherPoolThanThatOfTheMachinesIsRefused() async throws {
        let directory = try TestDirectory()
        try await withCoordinator(directory) { client in
            _ = try await client.register("a", key: 1, bearer: client.issueToken().secret)
        }
        let error = await #expect(throws: CodedError.self) {
            try await withCoordinator(directory, TestSettings(pool: "10.0.0.0/8")) { _ in }
        }
        #expect(error?.code == "address-outside-pool" && error?.message.contains("--pool") == true)
        try await withCoordinator(directory, TestSettings(pool: "100.64.0.0/10")) { client in
            let list = try await client.admin.get(APIPath.machines, as: MachineList.self)
            #expect(list.machines.count == 1)
        }
    }

    private func leaveSocketBehind(_ path: String) throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        close(descriptor)
        try #require(bound == 0)
    }
}
