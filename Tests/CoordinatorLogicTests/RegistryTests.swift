import Basics
import MeshModel
import Testing

@testable import CoordinatorLogic

@Suite struct RegistryTests {
    @Test func theSameKeyAlwaysGetsTheSameIdAndAddress() throws {
        var mesh = try makeMembership()
        let first = try mesh.register(name("a"), key(1), [endpoint(1)], newID: id(1))
        try mesh.register(name("b"), key(2), newID: id(2))
        let again = try mesh.register(name("alpha"), key(1), [endpoint(2)], newID: id(9))
        #expect(again.id == first.id && again.meshAddress == first.meshAddress)
        #expect(try again.name == name("alpha") && again.endpoints == [endpoint(2)])
        #expect(mesh.registry.count == 2)
        #expect(try mesh.registry[name("a")] == nil)
        try mesh.register(name("a"), key(3), newID: id(3))
    }

    @Test func aNameOfAnotherKeyIsRefusedAndNothingChanges() throws {
        var mesh = try makeMembership()
        try mesh.register(name("a"), key(1), newID: id(1))
        try mesh.register(name("b"), key(2), newID: id(2))
        let before = mesh.registry.position
        #expect(code { try mesh.register(name("a"), key(3), newID: id(3)) } == "name-taken")
        #expect(code { try mesh.register(name("a"), key(2), newID: id(3)) } == "name-taken")
        #expect(mesh.registry.position == before && mesh.registry.count == 2)
        #expect(try mesh.registry[key(2)]?.name == name("b"))
    }

    @Test func aPlanAltersNothingUntilItIsApplied() throws {
        let mesh = try makeMembership()
        let plan = try mesh.registry.plan(name: name("a"), publicKey: key(1), endpoints: [], newID: id(1))
        #expect(plan.isNew && mesh.registry.count == 0 && mesh.registry.position.revision == 0)
        #expect(try plan.peer.meshAddress == address("100.64.0.1"))
    }

    @Test func aPlanThatBecameImpossibleIsRefusedWhole() throws {
        var mesh = try makeMembership()
        let plan = try mesh.registry.plan(name: name("a"), publicKey: key(1), endpoints: [], newID: id(1))
        try mesh.register(name("b"), key(2), newID: id(2))
        #expect(code { _ = try mesh.admit(plan, at: .zero) } == "address-in-use")
        #expect(mesh.registry.count == 1)
        let again = try mesh.registry.plan(name: name("b"), publicKey: key(2), endpoints: [], newID: id(3))
        _ = try mesh.remove(id(2))
        #expect(code { _ = try mesh.admit(again, at: .zero) } == "machine-unknown")
        #expect(try mesh.tracker.liveness(of: id(2)) == nil)
    }

    @Test func removalGivesNameKeyAndAddressBack() throws {
        var mesh = try makeMembership()
        try mesh.register(name("a"), key(1), newID: id(1))
        let gone = try mesh.remove(id(1))
        #expect(try gone?.meshAddress == address("100.64.0.1"))
        #expect(try mesh.remove(id(1)) == nil)
        let next = try mesh.register(name("a"), key(2), newID: id(2))
        #expect(try next.meshAddress == address("100.64.0.1"))
    }

    @Test func whatOthersCannotSeeMakesNoRevision() throws {
        var mesh = try makeMembership()
        try mesh.register(name("a"), key(1), [endpoint(1)], newID: id(1))
        #expect(mesh.registry.position.revision == 1)
        try mesh.register(name("a"), key(1), [endpoint(1)], newID: id(2))
        _ = try mesh.heartbeat(id(1), endpoints: [endpoint(1)], at: .zero)
        #expect(mesh.registry.position.revision == 1)
        let heartbeat = try mesh.heartbeat(id(1), endpoints: [endpoint(2)], at: .zero)
        #expect(heartbeat?.endpointsChanged == true && mesh.registry.position.revision == 2)
        #expect(try mesh.heartbeat(id(7), endpoints: [], at: .zero) == nil)
    }

    @Test func restoredMachinesMakeNoRevisionAndClashesAreErrors() throws {
        var mesh = try makeMembership()
        let one = Peer(
            id: try id(1), name: try name("a"), publicKey: try key(1), meshAddress: try address("100.64.0.9"), endpoints: [],
            liveness: .suspect)
        try mesh.restore(one, at: .zero)
        #expect(try mesh.registry.position.revision == 0 && mesh.registry[id(1)]?.liveness == .alive)
        #expect(code { try mesh.restore(one, at: .zero) } == "machine-twice")
        var other = Peer(
            id: try id(2), name: try name("b"), publicKey: try key(2), meshAddress: one.meshAddress, endpoints: [],
            liveness: .alive)
        #expect(code { try mesh.restore(other, at: .zero) } == "address-in-use")
        other.meshAddress = try address("10.0.0.1")
        #expect(code { try mesh.restore(other, at: .zero) } == "address-outside-pool")
        #expect(try mesh.registry[id(2)] == nil && mesh.tracker.liveness(of: id(2)) == nil)
    }

    @Test func whoChangesNameOrKeyKeepsIdAndAddressesAndMakesARevision() throws {
        var mesh = try makeMembership()
        let one = try mesh.register(name("a"), key(1), newID: id(1))
        try mesh.register(name("b"), key(2), newID: id(2))
        try mesh.rename(one.id, to: name("c"))
        try mesh.changeKey(of: one.id, to: key(3))
        let now = try #require(mesh.registry[one.id])
        #expect(try now.name == name("c") && now.publicKey == key(3) && now.meshAddress == one.meshAddress)
        #expect(try mesh.registry[name("a")] == nil && mesh.registry[key(1)] == nil && mesh.registry.position.revision == 4)
        try mesh.rename(one.id, to: name("c"))
        try mesh.changeKey(of: one.id, to: key(3))
        #expect(mesh.registry.position.revision == 4, "the same again is no change")
        #expect(code { try mesh.rename(one.id, to: name("b")) } == "name-taken")
        #expect(code { try mesh.changeKey(of: one.id, to: key(2)) } == "key-taken")
        #expect(code { try mesh.rename(id(9), to: name("z")) } == "machine-unknown")
        #expect(code { try mesh.changeKey(of: id(9), to: key(9)) } == "machine-unknown")
        try mesh.register(name("a"), key(1), newID: id(5))
    }
}
