import Basics
import MeshModel
import Testing

@testable import CoordinatorLogic

/// What `Registry.update` answers.
@Suite struct UpdateTests {
    private func mesh(_ machines: Int, logCapacity: Int = 64) throws -> Membership {
        var mesh = try makeMembership(logCapacity: logCapacity)
        for number in 1...machines { try mesh.register(name("n\(number)"), key(number), newID: id(number)) }
        return mesh
    }

    @Test func upToDateIsNil() throws {
        let registry = try mesh(2).registry
        #expect(try registry.update(since: registry.position, for: id(1)) == nil)
    }

    @Test func aSnapshotLeavesTheReaderOut() throws {
        let registry = try mesh(2).registry
        let other = try #require(try registry[id(2)])
        #expect(try registry.update(since: nil, for: id(1)) == .snapshot(registry.position, [other]))
        #expect(try self.mesh(1).registry.update(since: nil, for: id(1)) == .snapshot(.init(epoch: "e1", revision: 1), []))
    }

    @Test func aDeltaIsCoalesced() throws {
        var mesh = try mesh(3)
        let since = mesh.registry.position
        for port in 1...5 { _ = try mesh.heartbeat(id(2), endpoints: [endpoint(port)], at: .zero) }
        _ = try mesh.remove(id(3))
        try mesh.register(name("n4"), key(4), newID: id(4))
        let two = try #require(try mesh.registry[id(2)])
        let four = try #require(try mesh.registry[id(4)])
        #expect(
            try mesh.registry.update(since: since, for: id(1))
                == .delta(.init(epoch: "e1", revision: 10), upserts: [two, four], removals: [id(3)]))
    }

    @Test func onlyTheReaderItselfChangedIsAKeepalive() throws {
        var mesh = try mesh(2)
        let since = mesh.registry.position
        _ = try mesh.heartbeat(id(1), endpoints: [endpoint(7)], at: .zero)
        #expect(try mesh.registry.update(since: since, for: id(1)) == .keepalive(.init(epoch: "e1", revision: 3)))
    }

    @Test(arguments: [("other", UInt64(3)), ("e1", UInt64(4)), ("e1", UInt64.max), ("", UInt64(0))])
    func unknownPositionsGetASnapshot(_ epoch: String, _ revision: UInt64) throws {
        let registry = try mesh(3).registry
        let update = try registry.update(since: .init(epoch: epoch, revision: revision), for: id(1))
        guard case .snapshot(let position, let peers) = update else {
            Issue.record("not a snapshot: \(String(describing: update))")
            return
        }
        #expect(position == registry.position && peers.count == 2)
    }

    @Test func theLogReachesBackExactlyItsCapacity() throws {
        let registry = try mesh(10, logCapacity: 4).registry
        guard case .delta(_, let upserts, _) = try registry.update(since: .init(epoch: "e1", revision: 6), for: id(1)) else {
            Issue.record("four changes back must be a delta")
            return
        }
        #expect(try upserts.map(\.id) == [id(7), id(8), id(9), id(10)])
        guard case .snapshot = try registry.update(since: .init(epoch: "e1", revision: 5), for: id(1)) else {
            Issue.record("five changes back must be a snapshot")
            return
        }
    }

    @Test func livenessIsPartOfTheMap() throws {
        var mesh = try mesh(2)
        _ = try mesh.heartbeat(id(1), endpoints: [], at: seconds(1))
        _ = mesh.tick(at: seconds(1))
        _ = mesh.tick(at: seconds(2))
        let since = mesh.registry.position
        _ = try mesh.heartbeat(id(1), endpoints: [], at: seconds(2.5))
        _ = mesh.tick(at: seconds(3))
        guard case .delta(_, let upserts, _) = try mesh.registry.update(since: since, for: id(1)) else {
            Issue.record("a suspect must be in the delta")
            return
        }
        #expect(try upserts.map(\.id) == [id(2)] && upserts.map(\.liveness) == [.suspect])
    }
}
