import Basics
import MeshModel
import Testing

@testable import CoordinatorLogic

/// Machine 1 is the one that is seen; its own candidate is port 1 of `endpoint`.
@Suite struct ObservedEndpointsTests {
    private func mesh(_ count: Int = 12) throws -> Membership {
        var mesh = try makeMembership()
        for number in 1...count {
            try mesh.register(name("n\(number)"), key(number), [endpoint(number)], newID: id(number))
        }
        return mesh
    }

    private func seen(_ mesh: Membership) throws -> [String] {
        try #require(mesh.registry[id(1)]).observedEndpoints?.map { "\($0)" } ?? []
    }

    private func report(
        _ mesh: inout Membership, _ text: String, by witness: Int, from remote: String? = nil, at now: MonotonicTime = .zero
    ) throws -> Bool {
        let endpoint = try #require(Endpoint(text))
        return mesh.noteObserved(
            [(try id(1), endpoint)], by: try id(witness), from: remote.flatMap { IPAddress($0) }, at: now
        ).contains(try id(1))
    }

    @Test func whatMostSeeComesFirst() throws {
        var mesh = try mesh()
        let before = mesh.registry.position.revision
        #expect(try report(&mesh, "198.51.100.1:4000", by: 2))
        #expect(try report(&mesh, "198.51.100.1:5000", by: 3, at: seconds(1)))
        #expect(try report(&mesh, "198.51.100.1:5000", by: 4, at: seconds(2)))
        #expect(try seen(mesh) == ["198.51.100.1:5000", "198.51.100.1:4000"])
        #expect(mesh.registry.position.revision == before + 3, "each is a change that the others are told")
        #expect(try !report(&mesh, "198.51.100.1:5000", by: 4, at: seconds(3)), "and a repetition is none")
    }

    @Test func theCoordinatorsGuessComesLast() throws {
        var mesh = try mesh()
        #expect(mesh.noteObserved([], by: try id(1), from: try address("198.51.100.1"), at: .zero) == [try id(1)])
        #expect(try seen(mesh) == ["198.51.100.1:1"], "with the machine's own port")
        _ = try report(&mesh, "198.51.100.1:4000", by: 2)
        #expect(try seen(mesh) == ["198.51.100.1:4000", "198.51.100.1:1"])
        // Now the requests come from an address that the machine names itself.
        _ = mesh.noteObserved([], by: try id(1), from: try address("192.0.2.1"), at: seconds(1))
        #expect(try seen(mesh) == ["198.51.100.1:4000"])
    }

    @Test(arguments: [
        "127.0.0.1:1", "[::1]:1", "224.0.0.5:1", "[ff02::1]:1", "169.254.1.1:1", "[fe80::1]:1", "100.64.0.7:1", "0.0.0.0:1",
        "255.255.255.255:1", "[::ffff:192.0.2.7]:1", "192.0.2.1:1",
    ])
    func whatCannotBeRightIsPassedOver(_ text: String) throws {
        var mesh = try mesh()
        #expect(try !report(&mesh, text, by: 2, from: Endpoint(text)?.address.description))
        #expect(try seen(mesh) == [])
    }

    @Test func nobodyReportsAboutItselfOrAboutStrangers() throws {
        var mesh = try mesh()
        #expect(try !report(&mesh, "198.51.100.1:4000", by: 1))
        let stranger = try #require(Endpoint("198.51.100.1:1"))
        #expect(mesh.noteObserved([(try id(99), stranger)], by: try id(2), from: nil, at: .zero) == [])
    }

    @Test func fewAreHeardAndFewerAreTold() throws {
        var mesh = try mesh()
        for witness in 2...12 { _ = try report(&mesh, "198.51.100.1:\(4_000 + witness)", by: witness) }
        #expect(try seen(mesh).count == Peer.observedLimit)
        // The ninth to speak could not push the others out.
        for _ in 0..<3 { _ = try report(&mesh, "198.51.100.9:9", by: 12, at: seconds(10)) }
        #expect(try !seen(mesh).contains("198.51.100.9:9"))
    }

    @Test func aSourceCannotChangeItsMindAllTheTime() throws {
        var mesh = try mesh()
        let changes = try (0..<50).count { step in
            try report(&mesh, "198.51.100.1:\(4_000 + step)", by: 2, at: seconds(Double(step) / 10))
        }
        #expect(changes == 1)
        #expect(try report(&mesh, "198.51.100.1:9", by: 2, at: seconds(5)))
    }

    @Test func whatIsNotRepeatedIsForgotten() throws {
        var mesh = try mesh()
        _ = try report(&mesh, "198.51.100.1:4000", by: 2)
        _ = try report(&mesh, "198.51.100.1:4000", by: 2, at: seconds(100))
        #expect(mesh.noteObserved([], by: try id(1), from: nil, at: seconds(279)) == [])
        #expect(mesh.noteObserved([], by: try id(1), from: nil, at: seconds(281)) == [try id(1)])
        #expect(try seen(mesh) == [])
    }

    @Test func whoMovesLeavesWhatWasSeenBehind() throws {
        var mesh = try mesh()
        _ = try report(&mesh, "198.51.100.1:4000", by: 2)
        _ = try report(&mesh, "198.51.100.2:5000", by: 3, at: seconds(18))
        _ = mesh.heartbeat(try id(1), endpoints: [try endpoint(77)], at: seconds(20))
        _ = mesh.noteObserved([], by: try id(1), from: nil, at: seconds(20))
        #expect(try seen(mesh) == ["198.51.100.2:5000"], "others may have seen the new place first")
    }

    @Test func whoIsGoneIsForgotten() throws {
        var mesh = try mesh()
        _ = try report(&mesh, "198.51.100.1:4000", by: 2)
        _ = mesh.remove(try id(1))
        try mesh.register(name("n1"), key(1), [endpoint(1)], newID: id(1))
        _ = mesh.noteObserved([], by: try id(1), from: nil, at: seconds(1))
        #expect(try seen(mesh) == [])
    }
}
