import Basics
import ControlProtocol
import Foundation
import MessengerLogic
import NIOPosix
import Testing
import Timing

@testable import MessengerCore

/// The living program under a load, and under peers that break the rules.
@Suite(.serialized)
struct ProgramLoadTests {
    private let files: TemporaryDirectory
    private let oak: Roster.Member
    private let birch: Roster.Member
    private let elm: Roster.Member
    private var run: String { files.path + "/run" }

    init() throws {
        files = try TemporaryDirectory()
        oak = try StandInMesh.member("oak")
        birch = try StandInMesh.member("birch")
        elm = try StandInMesh.member("elm", isReachable: false)
        try StateDirectory.make(run)
    }

    private func command(_ arguments: String...) async throws -> Program.Ending {
        try await Program.run(arguments.prefix(1) + ["--run-dir", run] + arguments.dropFirst(), in: files, within: .seconds(60))
    }

    private func serve() async throws -> Program {
        let program = try Program.start(["serve", "--state", files.path + "/state", "--run-dir", run], in: files)
        let start = MonotonicTime.now
        while MonotonicTime.now - start < .seconds(20) {
            let status = try await command("status", "--json")
            if status.status == 0, status.output.contains(#""listening":"\#(oak.address):7411""#) { return program }
        }
        Issue.record("it does not listen")
        return program
    }

    @Test func aLoadSaysWhatCameOfIt() async throws {
        let agent = try await StandInAgent.start(in: run, .standIn(own: oak, peers: [birch, elm]))
        let station = try await Station(birch, knows: [oak])
        let program = try await serve()

        let good = try await command("load", "birch", "--count", "60", "--size", "100", "--json")
        #expect(good.status == 0, "\(good.errors)")
        let report = try JSONDecoder().decode(LoadReport.self, from: Data(good.output.utf8))
        #expect(report.attempts == 60 && report.delivered == 60 && report.failed.isEmpty && report.notTaken.isEmpty)
        #expect(report.latencyMilliseconds?.histogram.reduce(0) { $0 + $1.messages } == 60)
        let received = try await station.store.messages(after: 0, limit: 100)
        #expect(Set(received.map(\.text)).count == 60)
        #expect(received.allSatisfy { $0.text.utf8.count == 100 })

        // To all others in turn: half of them to one that the mesh has dropped. At a rate: the last one is due after 0.2 s.
        let mixed = try await command("load", "--count", "20", "--rate", "95")
        #expect(mixed.status == 1)
        let line =
            /20 messages in (?<seconds>[0-9.]+) s: 10 delivered \([0-9.]+ a second\)\nfailed: 10 not-reachable\nlatency [^\n]*\n(?s:.*)/
        let match = try #require(try line.wholeMatch(in: mixed.output), "\(mixed.output)")
        #expect(try #require(Double(match.seconds)) >= 0.2)

        let queued = try await command("load", "elm", "--count", "3", "--queue", "--json")
        #expect(queued.status == 4)
        #expect(try JSONDecoder().decode(LoadReport.self, from: Data(queued.output.utf8)).queued == 3)
        #expect(try await command("load", "oat", "--count", "3").status == 2)

        // By pages.
        let page = try await command("sent", "--after", "60", "--limit", "5", "--json")
        #expect(try JSONDecoder().decode([SentMessage].self, from: Data(page.output.utf8)).map(\.sequence) == Array(61...65))

        program.signal(SIGTERM)
        #expect(try await program.ending(within: .seconds(4)).status == 0)
        #expect(try await command("load", "birch").status == 3)
        await station.stop()
        await agent.stop()
    }

    /// Malformed, oversized, truncated and slow frames from a machine of the mesh: each connection is closed with a reason in the
    /// log, and the daemon goes on.
    @Test func brokenFramesDoTheLivingDaemonNoHarm() async throws {
        let agent = try await StandInAgent.start(in: run, .standIn(own: oak, peers: [birch]))
        let program = try await serve()
        let hello = try Frame.hello(Hello(versions: [1], program: "test")).raw().encoded
        let message = try Frame.message(.random(), try MessageText("cut short")).raw().encoded
        let rejected: [([UInt8], String)] = [
            ([0, 0, 0, 4, 1, 1, 0x7b, 0x7d], "malformed-frame"), (hello + [0, 0, 0, 5, 1, 3, 1, 2, 3], "malformed-frame"),
            ([0, 1, 0, 1, 1, 3], "frame-too-long"), (hello + [255, 255, 255, 255], "frame-too-long"),
            ([0, 0, 0, 1, 1], "frame-too-short"), ([0, 0, 0, 2, 9, 1], "unsupported-version"),
            (hello + [0, 0, 0, 2, 1, 99], "unknown-kind"), (Array("GET / HTTP/1.1\r\n\r\n".utf8), "frame-too-long"),
        ]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (bytes, _) in rejected { group.addTask { try await throwAt(bytes) } }
            // Slow: nothing at all, half a length, half a message. The daemon's own deadline ends them.
            for bytes in [[], [0, 0], hello + Array(message.prefix(9))] { group.addTask { try await throwAt(bytes) } }
            // Truncated: the peer leaves inside a frame.
            group.addTask { try await throwAt(Array(message.dropLast(3)), greets: true, leaves: true) }
            try await group.waitForAll()
        }
        #expect(try await command("send", "oak", "still here").status == 0)
        #expect(try await command("inbox").output.hasSuffix("oak: still here\n"))
        program.signal(SIGTERM)
        let ending = try await program.ending(within: .seconds(4))
        #expect(ending.status == 0)
        let lines = ending.errors.split(separator: "\n")
        func logged(_ event: String, _ reason: String) -> Int {
            lines.count { $0.contains("\"event\":\"\(event)\"") && $0.contains("\"reason\":\"\(reason)\"") }
        }
        for (reason, cases) in Dictionary(grouping: rejected, by: \.1) {
            #expect(logged("frame-rejected", reason) == cases.count, "\(reason)")
        }
        #expect(logged("frame-rejected", "frame-truncated") == 1)
        #expect(logged("connection-closed", "nothing came in time") == 1)
        #expect(logged("connection-closed", "a frame was not complete in time") == 2)
        await agent.stop()
    }

    /// Sends the bytes, and reads until the daemon has closed the connection.
    private func throwAt(_ bytes: [UInt8], greets: Bool = false, leaves: Bool = false) async throws {
        let connection = try await Dialer.connect(
            from: birch.address, to: oak.address, port: 7_411, within: .seconds(30), on: MultiThreadedEventLoopGroup.singleton
        ).get()
        // With the answer unread, the end would be a reset.
        if greets { _ = try await connection.ask(.hello(Hello(versions: [1], program: "test"))) }
        if !bytes.isEmpty { try await connection.sendRaw(bytes) }
        if leaves { return connection.close() }
        _ = try await connection.drain()
    }
}
