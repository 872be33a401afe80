import ControlProtocol
import FoundationEssentials
import MeshModel
import Testing

@testable import CoordinatorCore

@Suite struct AddressQuarantineTests {
    @Test func aPoolOfFourAdmitsTheFifthOnceAnAddressHasRested() async throws {
        let directory = try TestDirectory()
        let test = TestSettings(pool: "10.1.0.0/30", quarantine: .seconds(600))
        let token = try await withCoordinator(directory, test) { client in
            let token = try await client.issueToken()
            var machines: [Registration] = []
            for number in 1...4 { machines.append(try await client.register("n\(number)", key: number, bearer: token.secret)) }
            #expect(machines.map(\.meshAddress.description) == ["10.1.0.0", "10.1.0.1", "10.1.0.2", "10.1.0.3"])
            let full = try await client.tryRegister("n5", key: 5, bearer: token.secret)
            #expect(try full.status == 409 && full.problem() == "address-pool-exhausted")
            #expect(try full.decode(Problem.self).detail.contains("4 in use, 0 in quarantine"))
            try await client.admin.delete(APIPath.machine(machines[1].id))
            test.wall.advance(540)
            let resting = try await client.tryRegister("n5", key: 5, bearer: token.secret).decode(Problem.self).detail
            #expect(resting.contains("3 in use, 1 in quarantine") && resting.contains("free in 60s"), "\(resting)")
            return token
        }
        try await withCoordinator(directory, test) { client in
            test.wall.advance(59)
            let still = try await client.tryRegister("n5", key: 5, bearer: token.secret)
            #expect(try still.problem() == "address-pool-exhausted", "the quarantine outlives the process")
            test.wall.advance(1)
            let five = try await client.register("n5", key: 5, bearer: token.secret)
            #expect(five.meshAddress.description == "10.1.0.1")
            let six = try await client.tryRegister("n6", key: 6, bearer: token.secret)
            #expect(try six.problem() == "address-pool-exhausted")
        }
    }

    @Test func withoutAQuarantineAnAddressIsFreeAtOnce() async throws {
        let directory = try TestDirectory()
        try await withCoordinator(directory, TestSettings(pool: "10.1.0.0/32", quarantine: .zero)) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            #expect(try await client.tryRegister("b", key: 2, bearer: token.secret).problem() == "address-pool-exhausted")
            try await client.admin.delete(APIPath.machine(one.id))
            let two = try await client.register("b", key: 2, bearer: token.secret)
            #expect(two.meshAddress == one.meshAddress && two.id != one.id)
        }
    }

    @Test func everyMachineHasAnIPv6AddressThatOutlivesARestart() async throws {
        let directory = try TestDirectory()
        let one = try await withCoordinator(directory) { client in
            let one = try await client.register("a", key: 1, bearer: client.issueToken().secret)
            let prefix = try #require(one.meshPrefix6.flatMap { MeshPrefix6($0) })
            #expect(one.meshAddress6 == prefix.address(for: one.meshAddress) && one.meshAddress6 != nil)
            return one
        }
        try await withCoordinator(directory) { client in
            let status = try await client.admin.get(APIPath.machines, as: MachineList.self).machines
            #expect(status.map(\.meshAddress6) == [one.meshAddress6])
            let list = try await client.send("GET", APIPath.machines, bearer: one.credential).decode(MachineEntryList.self)
            #expect(list.machines.map(\.meshAddress6) == [one.meshAddress6])
            let again = try await client.register("a", key: 1, bearer: one.credential)
            #expect(again.meshAddress6 == one.meshAddress6 && again.meshPrefix6 == one.meshPrefix6)
        }
        let other = try await withCoordinator(TestDirectory()) { client in
            try await client.register("a", key: 1, bearer: client.issueToken().secret)
        }
        #expect(other.meshPrefix6 != one.meshPrefix6, "each mesh has a prefix of its own")
    }
}
