import MeshModel
import Testing

@testable import MessengerLogic

struct RosterTests {
    private let mesh: ExampleMesh

    init() throws { mesh = try ExampleMesh() }

    private func resolve(_ name: String) throws -> Roster.Resolution {
        mesh.roster.resolve(try #require(MachineName(name)))
    }

    @Test func aNameStandsForAMachine() throws {
        #expect(try resolve("birch") == .reachable(from: mesh.oak.address, mesh.birch))
        #expect(try resolve("elm") == .dropped(mesh.elm))
        #expect(try resolve("birc") == .unknown(nearest: "birch"))
        #expect(try resolve("zelkova") == .unknown(nearest: nil))
    }

    @Test func oneMayWriteToOneself() throws {
        #expect(try resolve("oak") == .reachable(from: mesh.oak.address, mesh.oak))
        #expect(mesh.roster.member(at: mesh.oak.address) == mesh.oak)
    }

    @Test func withoutAMeshThereIsNobody() throws {
        let name = try #require(MachineName("birch"))
        #expect(Roster(own: nil, others: []).resolve(name) == .notAMember)
        #expect(Roster(own: nil, others: [mesh.birch]).resolve(name) == .notAMember)
    }

    @Test func anAddressStandsForAMachineOrForNobody() {
        #expect(mesh.roster.member(at: mesh.birch.address) == mesh.birch)
        #expect(mesh.roster.member(at: .v4(0x6440_0009)) == nil)
    }
}
