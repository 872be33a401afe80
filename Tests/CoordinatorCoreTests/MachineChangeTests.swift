import Basics
import ControlProtocol
import MeshModel
import Testing

@testable import CoordinatorCore

@Suite struct MachineChangeTests {
    @Test func anAdministratorsNameStays() async throws {
        let directory = try TestDirectory()
        let one = try await withCoordinator(directory) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            let two = try await client.register("b", key: 2, bearer: token.secret)
            let stream = try await client.follow(two)
            #expect(try await stream.next()?.snapshot?.map(\.name.text) == ["a"])
            try await client.admin.patch(APIPath.machine(one.id), body: RenameRequest(name: #require(MachineName("c"))))
            #expect(try await stream.next()?.upserts?.map(\.name.text) == ["c"], "all others see it")
            #expect(try await client.tryHeartbeat(one).status == 200, "the credential stays")
            let taken = await #expect(throws: CodedError.self) {
                try await client.admin.patch(APIPath.machine(one.id), body: ["name": "b"])
            }
            #expect(taken?.code == "name-taken")
            let bad = await #expect(throws: CodedError.self) {
                try await client.admin.patch(APIPath.machine(one.id), body: ["name": "B"])
            }
            #expect(bad?.code == "bad-request")
            let unknown = await #expect(throws: CodedError.self) {
                try await client.admin.patch(APIPath.machine(.random()), body: ["name": "d"])
            }
            #expect(unknown?.code == "machine-unknown")
            let again = try await client.register("a", key: 1, bearer: one.credential)
            #expect(again.name.text == "c" && again.id == one.id, "whatever it calls itself")
            return again
        }
        try await withCoordinator(directory) { client in
            let again = try await client.register("a", key: 1, bearer: one.credential)
            #expect(again.name.text == "c" && again.meshAddress == one.meshAddress, "after a restart, too")
            try await client.admin.delete(APIPath.machine(one.id))
            let token = try await client.issueToken()
            #expect(try await client.register("a", key: 1, bearer: token.secret).name.text == "a", "a new machine")
        }
    }

    @Test func aRevokedMachineMustJoinAgain() async throws {
        let directory = try TestDirectory()
        let one = try await withCoordinator(directory) { client in
            let token = try await client.issueToken(reusable: false)
            let one = try await client.register("a", key: 1, bearer: token.secret)
            let stream = try await client.follow(one)
            _ = try await stream.next()
            try await client.admin.delete(AdminPath.credential(one.id))
            #expect(try await stream.next() == nil, "its stream ends")
            #expect(try await client.tryHeartbeat(one).status == 401)
            #expect(try await client.tryRegister("a", key: 1, bearer: one.credential).problem() == "credential-invalid")
            #expect(try await client.tryRegister("a", key: 1, bearer: token.secret).problem() == "join-token-invalid")
            let unknown = await #expect(throws: CodedError.self) {
                try await client.admin.delete(AdminPath.credential(.random()))
            }
            #expect(unknown?.code == "machine-unknown")
            return one
        }
        try await withCoordinator(directory) { client in
            func shown() async throws -> [Bool?] {
                try await client.admin.get(APIPath.machines, as: MachineList.self).machines.map(\.revoked)
            }
            #expect(try await shown() == [true], "after a restart, too")
            #expect(try await client.tryHeartbeat(one).status == 401)
            let token = try await client.issueToken()
            let again = try await client.register("a", key: 1, bearer: token.secret)
            #expect(again.id == one.id && again.meshAddress == one.meshAddress)
            #expect(try await shown() == [nil])
        }
    }
}
