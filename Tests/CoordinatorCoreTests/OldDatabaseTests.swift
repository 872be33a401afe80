import ControlProtocol
import FoundationEssentials
import MeshModel
import Testing

@testable import CoordinatorCore

/// A database of yesterday is put back: that is noticed, and nobody is locked out or left with yesterday's map.
@Suite struct OldDatabaseTests {
    @Test func readersGetSnapshotsAndStrangersRegisterAgain() async throws {
        let directory = try TestDirectory()
        let (token, one) = try await withCoordinator(directory) { client in
            let token = try await client.issueToken()
            return (token, try await client.register("a", key: 1, bearer: token.secret))
        }
        let old = try directory.files().filter { $0.key.hasPrefix("coordinator.db") }
        let (two, position) = try await withCoordinator(directory) { client in
            let two = try await client.register("b", key: 2, bearer: token.secret)
            return (two, try await client.admin.get(APIPath.machines, as: MachineList.self).position)
        }
        for name in try directory.files().keys where name.hasPrefix("coordinator.db") {
            try FileManager.default.removeItem(atPath: "\(directory.path)/\(name)")
        }
        for (name, bytes) in old { try Data(bytes).write(to: URL(filePath: "\(directory.path)/\(name)")) }

        try await withCoordinator(directory) { client in
            let list = try await client.admin.get(APIPath.machines, as: MachineList.self)
            #expect(list.machines.map(\.id) == [one.id] && list.position.epoch != position.epoch)
            let stream = try await client.follow(one, since: position)
            let first = try await stream.next()
            #expect(first?.snapshot?.isEmpty == true && first?.position.epoch == list.position.epoch, "the old map is void")
            let stranger = try await client.tryHeartbeat(two)
            #expect(try stranger.status == 401 && stranger.problem() == "credential-invalid")
            #expect(try await client.tryRegister("b", key: 2, bearer: two.credential).problem() == "credential-invalid")
            let back = try await client.register("b", key: 2, bearer: token.secret)
            #expect(back.meshAddress == two.meshAddress && back.id != two.id)
            #expect(try await stream.next()?.upserts?.map(\.id) == [back.id])
        }
    }
}
