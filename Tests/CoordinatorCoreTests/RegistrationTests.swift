import ControlProtocol
import FoundationEssentials
import GRDB
import MeshModel
import Testing

@testable import CoordinatorCore

@Suite struct RegistrationTests {
    @Test func isIdempotentByKey() async throws {
        let directory = try TestDirectory()
        try await withCoordinator(directory) { client in
            let token = try await client.issueToken()
            let first = try await client.tryRegister("a", key: 1, bearer: token.secret, endpoints: ["192.0.2.1:51820"])
            #expect(first.status == 201)
            let one = try first.decode(Registration.self)
            #expect(one.meshAddress.description == "100.64.0.1" && one.meshPrefix.description == "100.64.0.0/24")
            #expect(one.liveness.heartbeatIntervalMilliseconds == 1_000)
            let second = try await client.tryRegister("alpha", key: 1, bearer: token.secret)
            #expect(second.status == 200)
            let again = try second.decode(Registration.self)
            #expect(again.id == one.id && again.meshAddress == one.meshAddress && again.name.text == "alpha")
            #expect(again.credential != one.credential, "the earlier credential is void")
            #expect(try await client.tryHeartbeat(one).problem() == "credential-invalid")
            #expect(try await client.tryHeartbeat(again).status == 200)
            let other = try await client.register("b", key: 2, bearer: token.secret)
            #expect(other.meshAddress.description == "100.64.0.2")
        }
    }

    @Test func withoutAValidTokenNothingHappens() async throws {
        let directory = try TestDirectory()
        let test = TestSettings()
        try await withCoordinator(directory, test) { client in
            let none = try await client.send("POST", APIPath.machines, body: "{}")
            #expect(
                try none.status == 401 && none.problem() == "credential-missing" && none.headers["www-authenticate"] == "Bearer")
            for wrong in ["nonsense", String(repeating: "x", count: 4_000)] {
                let answer = try await client.tryRegister("a", key: 1, bearer: wrong)
                #expect(try answer.status == 401 && answer.problem() == "join-token-invalid")
            }
            let expiring = try await client.issueToken(expires: 60)
            test.wall.advance(60)
            #expect(try await client.tryRegister("a", key: 1, bearer: expiring.secret).problem() == "join-token-invalid")
            let revoked = try await client.issueToken()
            try await client.admin.delete(AdminPath.token(revoked.id))
            #expect(try await client.tryRegister("a", key: 1, bearer: revoked.secret).problem() == "join-token-invalid")
            #expect(try await client.admin.get(APIPath.machines, as: MachineList.self).machines.isEmpty)
            #expect(test.log.events.contains("registration-refused"))
            let states = try await client.admin.get(AdminPath.tokens, as: TokenList.self).tokens.map(\.state)
            #expect(states == ["expired", "revoked"])
        }
    }

    @Test func aOneUseTokenAdmitsOneMachineWhichCanComeBackWithItsCredential() async throws {
        let directory = try TestDirectory()
        try await withCoordinator(directory) { client in
            let token = try await client.issueToken(reusable: false)
            let lost = try await client.register("a", key: 1, bearer: token.secret)
            #expect(try await client.tryRegister("b", key: 2, bearer: token.secret).problem() == "join-token-invalid")
            // As if the answer had been lost: the machine has no credential and tries again.
            let one = try await client.register("a", key: 1, bearer: token.secret)
            #expect(one.id == lost.id)
            #expect(try await client.tryHeartbeat(one).status == 200)
            // From now on the machine has proved that it got the answer.
            #expect(try await client.tryRegister("a", key: 1, bearer: token.secret).problem() == "join-token-invalid")
            let back = try await client.tryRegister("a", key: 1, bearer: one.credential)
            #expect(try back.status == 200 && back.decode(Registration.self).id == one.id)
            // That answer may have been lost, too.
            let last = try await client.register("a", key: 1, bearer: one.credential)
            #expect(try await client.tryRegister("c", key: 3, bearer: last.credential).problem() == "credential-invalid")
            #expect(try await client.tryHeartbeat(last).status == 200)
            #expect(try await client.tryRegister("a", key: 1, bearer: one.credential).problem() == "credential-invalid")
        }
    }

    @Test func clashesAndExhaustionAreRefused() async throws {
        let directory = try TestDirectory()
        try await withCoordinator(directory, TestSettings(pool: "10.1.0.0/31")) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            let taken = try await client.tryRegister("a", key: 2, bearer: token.secret)
            #expect(try taken.status == 409 && taken.problem() == "name-taken")
            _ = try await client.register("b", key: 2, bearer: token.secret)
            let full = try await client.tryRegister("c", key: 3, bearer: token.secret)
            #expect(try full.status == 409 && full.problem() == "address-pool-exhausted")
            #expect(try await client.send("DELETE", APIPath.machine(one.id), bearer: one.credential).status == 204)
            let three = try await client.register("c", key: 3, bearer: token.secret)
            #expect(three.meshAddress == one.meshAddress && three.id != one.id)
        }
    }

    @Test func manyAtOnceGetDifferentAddresses() async throws {
        let directory = try TestDirectory()
        try await withCoordinator(directory) { client in
            let token = try await client.issueToken()
            let addresses = try await withThrowingTaskGroup(of: IPAddress.self) { group in
                for number in 1...40 {
                    group.addTask { try await client.register("n\(number)", key: number, bearer: token.secret).meshAddress }
                }
                return try await group.reduce(into: Set<IPAddress>()) { $0.insert($1) }
            }
            #expect(addresses.count == 40)
        }
    }

    @Test func whatCouldNotBeStoredIsNotThere() async throws {
        let directory = try TestDirectory()
        try await withCoordinator(directory) { client in
            let token = try await client.issueToken(reusable: false)
            let outside = try DatabaseQueue(path: DataDirectory.database(in: directory.path))
            try await outside.write { database in
                try database.execute(
                    sql: "CREATE TRIGGER full BEFORE INSERT ON machines BEGIN SELECT RAISE(ABORT, 'disk full'); END")
            }
            let failed = try await client.tryRegister("a", key: 1, bearer: token.secret)
            #expect(try failed.status == 503 && failed.problem() == "storage-failed" && failed.headers["retry-after"] == "1")
            let list = try await client.admin.get(APIPath.machines, as: MachineList.self)
            #expect(list.machines.isEmpty && list.position.revision == 0)
            try await outside.write { try $0.execute(sql: "DROP TRIGGER full") }
            let one = try await client.register("a", key: 1, bearer: token.secret)
            #expect(one.meshAddress.description == "100.64.0.1", "neither the address nor the token was used up")
        }
    }
}
