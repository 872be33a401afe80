import MeshModel
import Testing

@testable import MessengerLogic

/// oak, who is this machine, birch, and elm, whom the mesh has dropped.
struct ExampleMesh {
    let oak: Roster.Member
    let birch: Roster.Member
    let elm: Roster.Member

    var roster: Roster { Roster(own: oak, others: [birch, elm]) }

    init() throws {
        oak = try Self.member("oak", 1)
        birch = try Self.member("birch", 2)
        elm = try Self.member("elm", 3, isReachable: false)
    }

    private static func member(_ name: String, _ number: UInt32, isReachable: Bool = true) throws -> Roster.Member {
        Roster.Member(
            id: try #require(MachineID("m-000000000000000\(number)")), name: try #require(MachineName(name)),
            address: .v4(0x6440_0000 + number), isReachable: isReachable)
    }
}
