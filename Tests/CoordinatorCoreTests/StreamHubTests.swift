import Basics
import CoordinatorLogic
import MeshModel
import Testing

@testable import CoordinatorCore

/// What the hub has for a reader, by where the reader is.
@Suite struct StreamHubTests {
    private func mesh(_ machines: Int, changesKept: Int = 64, lag: Int = 64) throws -> HubMesh {
        var mesh = try HubMesh(changesKept: changesKept, lag: lag)
        for number in 1...machines {
            try mesh.register("n\(number)", key(number), newID: machineID(number))
            try mesh.publish()
        }
        return mesh
    }

    private func endpoint(_ port: Int) throws -> Endpoint { try #require(Endpoint("192.0.2.1:\(port)")) }

    @Test func upToDateIsNil() throws {
        let mesh = try mesh(2)
        #expect(try mesh.update(for: machineID(1), since: mesh.registry.position) == nil)
    }

    @Test func aSnapshotLeavesTheReaderOut() throws {
        let two = try mesh(2)
        let other = try #require(try two.registry[machineID(2)])
        #expect(try two.update(for: machineID(1), since: nil) == .snapshot(two.registry.position, [other]))
        #expect(try mesh(1).update(for: machineID(1), since: nil) == .snapshot(.init(epoch: "e1", revision: 1), []))
    }

    @Test func aDeltaIsCoalesced() throws {
        var mesh = try mesh(3)
        let since = mesh.registry.position
        for port in 1...5 { _ = try mesh.mesh.heartbeat(machineID(2), endpoints: [endpoint(port)], at: .zero) }
        try mesh.publish()
        _ = try mesh.mesh.remove(machineID(3))
        try mesh.register("n4", key(4), newID: machineID(4))
        let two = try #require(try mesh.registry[machineID(2)])
        let four = try #require(try mesh.registry[machineID(4)])
        try mesh.publish()
        #expect(
            try mesh.update(for: machineID(1), since: since)
                == .delta(.init(epoch: "e1", revision: 10), upserts: [two, four], removals: [machineID(3)]))
    }

    @Test func onlyTheReaderItselfChangedIsAKeepalive() throws {
        var mesh = try mesh(2)
        let since = mesh.registry.position
        _ = try mesh.mesh.heartbeat(machineID(1), endpoints: [endpoint(7)], at: .zero)
        try mesh.publish()
        #expect(try mesh.update(for: machineID(1), since: since) == .keepalive(.init(epoch: "e1", revision: 3)))
    }

    @Test(arguments: [("other", UInt64(3)), ("e1", UInt64(4)), ("e1", UInt64.max), ("", UInt64(0))])
    func unknownPositionsGetASnapshot(_ epoch: String, _ revision: UInt64) throws {
        let mesh = try mesh(3)
        let update = try mesh.update(for: machineID(1), since: .init(epoch: epoch, revision: revision))
        #expect(update?.snapshot?.count == 2 && update?.position == mesh.registry.position)
    }

    @Test func aReaderMayLagAsFarAsTheHubRemembers() throws {
        let mesh = try mesh(10, lag: 4)
        let four = try mesh.update(for: machineID(1), since: .init(epoch: "e1", revision: 6))
        #expect(try four?.upserts?.map(\.id) == [7, 8, 9, 10].map(machineID))
        let five = try mesh.update(for: machineID(1), since: .init(epoch: "e1", revision: 5))
        #expect(five?.snapshot?.count == 9, "five changes back must be a snapshot")
    }

    @Test func moreChangesAtOnceThanTheRegistryRemembersMeanASnapshotForAll() throws {
        for changes in 4...5 {
            var mesh = try mesh(3, changesKept: 4)
            let since = mesh.registry.position
            for port in 1...changes { _ = try mesh.mesh.heartbeat(machineID(2), endpoints: [endpoint(port)], at: .zero) }
            try mesh.publish()
            let update = try #require(try mesh.update(for: machineID(1), since: since))
            #expect(update.position == .init(epoch: "e1", revision: 3 + UInt64(changes)))
            #expect(update.upserts?.count == (changes == 4 ? 1 : nil))
            #expect(update.snapshot?.count == (changes == 4 ? nil : 2))
            let gone = try machineID(3)
            _ = mesh.mesh.remove(gone)
            try mesh.publish()
            let next = try mesh.update(for: machineID(1), since: update.position)
            #expect(next?.removals == [gone], "it goes on")
        }
    }

    @Test func livenessIsPartOfTheMap() throws {
        var mesh = try mesh(2)
        func at(_ seconds: Double) -> MonotonicTime { MonotonicTime(nanoseconds: Int64(seconds * 1e9)) }
        _ = try mesh.mesh.heartbeat(machineID(1), endpoints: [], at: at(1))
        _ = mesh.mesh.tick(at: at(1))
        _ = mesh.mesh.tick(at: at(2))
        try mesh.publish()
        let since = mesh.registry.position
        _ = try mesh.mesh.heartbeat(machineID(1), endpoints: [], at: at(2.5))
        _ = mesh.mesh.tick(at: at(3))
        try mesh.publish()
        let upserts = try mesh.update(for: machineID(1), since: since)?.upserts
        #expect(try upserts?.map(\.id) == [machineID(2)] && upserts?.map(\.liveness) == [.suspect], "a suspect is in the delta")
    }
}
