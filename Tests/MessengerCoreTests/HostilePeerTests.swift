import Basics
import MeshModel
import MessengerLogic
import NIOCore
import Testing

@testable import MessengerCore
import Timing

/// Peers that break the rules: their connection ends, with a reason in the log, and the station goes on.
struct HostilePeerTests {
    private let birch: Roster.Member
    private let oak: Roster.Member

    init() throws {
        birch = try StandInMesh.member("birch")
        oak = try StandInMesh.member("oak")
    }

    private func stillWorks(_ station: Station) async throws {
        let connection = try await station.greet(from: oak.address)
        let id = MessageID.random()
        #expect(try await connection.ask(.message(id, try MessageText("still here"))) == .acknowledge(id))
        connection.close()
        await station.stop()
    }

    @Test func brokenFramesEndTheConnection() async throws {
        let station = try await Station(birch, knows: [oak])
        let cases: [([UInt8], String)] = [
            ([0, 1, 0, 1, 1, 3], "frame-too-long"),
            ([255, 255, 255, 255], "frame-too-long"),
            ([0, 0, 0, 1, 1], "frame-too-short"),
            ([0, 0, 0, 2, 9, 1], "unsupported-version"),
            ([0, 0, 0, 2, 1, 99], "unknown-kind"),
            ([0, 0, 0, 4, 1, 1, 0x7b, 0x7d], "malformed-frame"),
            (Array("GET / HTTP/1.1\r\n\r\n".utf8), "frame-too-long"),
        ]
        for (bytes, reason) in cases {
            let event = station.log.next("frame-rejected")
            let connection = try await station.connect(from: oak.address)
            try await connection.sendRaw(bytes)
            let answers = try await connection.drain()
            #expect(await event.value(within: .seconds(20))?.fields["reason"] == reason)
            if case .refuse(let refusal)? = answers.first { #expect(refusal.code == reason) }
        }
        #expect(station.state.counters.refused == cases.count)
        try await stillWorks(station)
    }

    @Test func aStreamThatEndsInsideAFrameIsReported() async throws {
        let station = try await Station(birch, knows: [oak])
        let connection = try await station.greet(from: oak.address)
        let whole = try Frame.message(.random(), try MessageText("cut short")).raw().encoded
        try await connection.sendRaw(Array(whole.dropLast(3)))
        connection.close()
        #expect(await station.log.event("frame-rejected")?.fields["reason"] == "frame-truncated")
        #expect(try await station.store.count() == 0)
        try await stillWorks(station)
    }

    /// 200 connections with bytes of all sorts, half of them behind a greeting.
    @Test func garbageDoesNoHarm() async throws {
        let station = try await Station(birch, knows: [oak]) { $0.connectionsPerPeer = 1_000 }
        for number in 0..<200 {
            let connection =
                number.isMultiple(of: 2)
                ? try await station.greet(from: oak.address) : try await station.connect(from: oak.address)
            try await connection.sendRaw([0, 0, 0] + (0...number).map { UInt8(truncatingIfNeeded: $0 * 151 + number * 31) })
            connection.close()
        }
        try await stillWorks(station)
        #expect(try await station.store.count() == 1)
    }

    /// What the deadline is exactly, `FrameHandlerTests` says with a clock of its own.
    @Test func aPeerThatIsTooSlowIsCutOff() async throws {
        let station = try await Station(birch, knows: [oak]) { $0.frameDeadline = .milliseconds(200) }
        for bytes in [[], [0, 0], [0, 0, 1, 0, 1, 3, 7]] as [[UInt8]] {
            let event = station.log.next("connection-closed")
            let start = MonotonicTime.now
            let connection = try await station.connect(from: oak.address)
            if !bytes.isEmpty { try? await connection.sendRaw(bytes) }
            #expect(try await connection.drain().isEmpty)
            #expect(MonotonicTime.now - start >= .milliseconds(190))
            let reason = await event.value(within: .seconds(20))?.fields["reason"]
            #expect(reason == "\(ConnectionEnd.idle)" || reason == "\(ConnectionEnd.slow)")
        }
        #expect(station.state.counters.received == 0)
        await station.stop()
        try await stillWorks(try await Station(try StandInMesh.member("birch"), knows: [oak]))
    }

    @Test func framesOutOfTurnAreRefused() async throws {
        let station = try await Station(birch, knows: [oak])
        let connection = try await station.connect(from: oak.address)
        guard case .refuse(let refusal) = try await connection.ask(.message(.random(), try MessageText("no hello"))) else {
            Issue.record("it was accepted")
            return
        }
        #expect(refusal.code == "out-of-turn")
        #expect(try await station.store.count() == 0)
        try await stillWorks(station)
    }

    @Test func aPeerHasNoMoreConnectionsThanItsShare() async throws {
        let elm = try StandInMesh.member("elm")
        let station = try await Station(birch, knows: [oak, elm]) {
            $0.connectionsPerPeer = 2
            $0.connectionsInAll = 3
        }
        let first = try await station.greet(from: oak.address)
        _ = try await station.greet(from: oak.address)
        let refused = station.log.next("connection-refused")
        #expect(try await station.connect(from: oak.address).drain().isEmpty)
        #expect(await refused.value(within: .seconds(20))?.fields["reason"] == "too-many-from-peer")
        _ = try await station.greet(from: elm.address)
        let full = station.log.next("connection-refused")
        #expect(try await station.connect(from: elm.address).drain().isEmpty)
        #expect(await full.value(within: .seconds(20))?.fields["reason"] == "too-many")
        // One that ends makes room.
        first.close()
        let start = MonotonicTime.now
        var welcome: FrameConnection?
        while welcome == nil, MonotonicTime.now - start < .seconds(20) { welcome = try? await station.greet(from: oak.address) }
        #expect(welcome != nil)
    }
}
