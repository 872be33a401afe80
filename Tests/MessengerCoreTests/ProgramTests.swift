import Basics
import ControlProtocol
import Foundation
import MeshModel
import MessengerLogic
import Testing

@testable import MessengerCore
import Timing

/// The program as a person meets it: words and exit codes.
@Suite(.serialized)
struct ProgramTests {
    private let files: TemporaryDirectory
    private let oak: Roster.Member
    private let elm: Roster.Member
    private var run: String { files.path + "/run" }

    init() throws {
        files = try TemporaryDirectory()
        oak = try StandInMesh.member("oak")
        elm = try StandInMesh.member("elm", isReachable: false)
        try StateDirectory.make(run)
    }

    private func command(_ arguments: String...) async throws -> Program.Ending {
        try await Program.run(arguments.prefix(1) + ["--run-dir", run] + arguments.dropFirst(), in: files)
    }

    /// Starts `serve` and waits, an answer at a time, until it listens.
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

    @Test func commandsHaveTheirWordsAndExitCodes() async throws {
        let agent = try await StandInAgent.start(in: run, .standIn(own: oak, peers: [elm]))
        let program = try await serve()

        let delivered = try await command("send", "oak", "two", "words")
        #expect(delivered.status == 0)
        #expect(delivered.output.wholeMatch(of: /delivered to oak in \d+\.\d ms\n/) != nil, "\(delivered.output)")
        #expect(delivered.errors == "")

        let dropped = try await command("send", "elm", "x")
        #expect(dropped.status == 1)
        #expect(dropped.output == "failed: not-reachable: the mesh has dropped elm\n")

        let unknown = try await command("send", "oat", "x")
        #expect(unknown.status == 2)
        #expect(unknown.output == "failed: unknown-name: no machine is named oat; did you mean oak?\n")

        let json = try await command("send", "oak", "--json", "--", "\u{1b}[2J--dashes\nsecond line")
        #expect(json.status == 0)
        let result = try JSONDecoder().decode(SendResult.self, from: Data(json.output.utf8))
        #expect(result.outcome == .delivered)

        let inbox = try await command("inbox")
        #expect(inbox.status == 0)
        // What came cannot move the cursor, and cannot pass for two messages.
        let lines = inbox.output.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines.first?.hasSuffix("Z  oak: two words") == true)
        #expect(lines.dropFirst().first?.hasSuffix(#"Z  oak: \u{1B}[2J--dashes"#) == true)
        #expect(lines.last == "    second line")
        let last = try await command("inbox", "--json", "--limit", "1")
        #expect(try JSONDecoder().decode([InboxMessage].self, from: Data(last.output.utf8)).map(\.id) == [result.id])

        program.signal(SIGTERM)
        let ending = try await program.ending(within: .seconds(4))
        #expect(ending.status == 0)
        #expect(!FileManager.default.fileExists(atPath: run + "/messenger.sock"))
        let events = ending.errors.split(separator: "\n")
        #expect(events.allSatisfy { $0.hasPrefix("{\"time\":") && $0.hasSuffix("}") }, "\(ending.errors)")
        #expect(!ending.errors.contains("two words"))
        await agent.stop()
    }

    @Test func allMachinesCanBeWrittenToAndPingedAndTheInboxFollowed() async throws {
        let agent = try await StandInAgent.start(in: run, .standIn(own: oak, peers: [elm]))
        let program = try await serve()
        let follow = try Program.start(["inbox", "--follow", "--json", "--run-dir", run], in: files)

        let queued = try await command("send", "elm", "later", "--queue")
        #expect(queued.status == 4)
        #expect(queued.output == "queued for elm: not-reachable: the mesh has dropped elm\n")
        let broadcast = try await command("broadcast", "to", "all")
        #expect(broadcast.status == 1)
        #expect(broadcast.output == "elm  failed: not-reachable: the mesh has dropped elm\n")
        let sent = try await command("sent", "--json")
        let list = try JSONDecoder().decode([SentMessage].self, from: Data(sent.output.utf8))
        #expect(list.map(\.text) == ["later", "to all"])
        #expect(list.map(\.outcome) == [.queued, .failed])

        let ping = try await command("ping", "oak")
        #expect(ping.status == 0)
        #expect(
            ping.output.wholeMatch(of: /oak answered in \d+\.\d+ ms, connected in \d+\.\d+ ms\n/) != nil, "\(ping.output)")
        let lost = try await command("ping", "elm", "--json")
        #expect(lost.status == 1)
        #expect(try JSONDecoder().decode(PingResult.self, from: Data(lost.output.utf8)).reason == .notReachable)
        #expect(try await command("ping", "oat").status == 2)
        // A ping is not a message.
        #expect(try await command("inbox").output == "no messages\n")

        #expect(try await command("send", "oak", "followed").status == 0)
        #expect(try await follow.hasPrinted("followed"))
        follow.signal(SIGINT)
        _ = try await follow.ending(within: .seconds(20))

        let nobody = try await Self.broadcastInAnEmptyMesh(agent, oak) { try await command("broadcast", "hello") }
        #expect(nobody.status == 0)
        #expect(nobody.output == "no other machine is in the mesh\n")
        program.signal(SIGTERM)
        #expect(try await program.ending(within: .seconds(4)).status == 0)
        await agent.stop()
    }

    @Test func whatIsQueuedSurvivesAKill() async throws {
        let agent = try await StandInAgent.start(in: run, .standIn(own: oak, peers: [elm]))
        let killed = try await serve()
        for number in 1...3 { #expect(try await command("send", "elm", "\(number)", "--queue").status == 4) }
        killed.signal(SIGKILL)
        _ = try await killed.ending(within: .seconds(20))

        let station = try await Station(elm, knows: [oak])
        let program = try await serve()
        let stillQueued = try await command("sent", "--json")
        #expect(
            try JSONDecoder().decode([SentMessage].self, from: Data(stillQueued.output.utf8)).map(\.outcome)
                == [.queued, .queued, .queued])
        let back = Roster.Member(id: elm.id, name: elm.name, address: elm.address, isReachable: true)
        agent.set(try .standIn(own: oak, peers: [back]))
        // Behind the queued ones, or it may meet the moment before the messenger has noticed.
        let start = MonotonicTime.now
        while try await command("send", "elm", "last").status != 0, MonotonicTime.now - start < .seconds(20) {}
        let texts = try await station.store.messages(after: 0, limit: 10).map(\.text)
        #expect(texts == ["1", "2", "3", "last"])
        program.signal(SIGTERM)
        #expect(try await program.ending(within: .seconds(4)).status == 0)
        await station.stop()
        await agent.stop()
    }

    /// The messenger may remember the mesh for a moment: asks until it has noticed.
    private static func broadcastInAnEmptyMesh(
        _ agent: StandInAgent, _ own: Roster.Member, _ broadcast: () async throws -> Program.Ending
    ) async throws -> Program.Ending {
        agent.set(try .standIn(own: own))
        let start = MonotonicTime.now
        var ending = try await broadcast()
        while ending.status != 0, MonotonicTime.now - start < .seconds(20) { ending = try await broadcast() }
        return ending
    }

    @Test func aSendUnderWayDoesNotHoldTheEnd() async throws {
        let mute = try StandInMesh.member("mute")
        let agent = try await StandInAgent.start(in: run, .standIn(own: oak, peers: [mute]))
        let peer = try await MutePeer.listen(on: mute.address, port: 7_411, answers: [])
        let program = try await serve()
        let send = try Program.start(["send", "mute", "x", "--timeout", "1m", "--run-dir", run], in: files)
        #expect(await peer.wasConnected())
        program.signal(SIGINT)
        let ending = try await program.ending(within: .seconds(4))
        #expect(ending.status == 0)
        #expect(try await send.ending(within: .seconds(20)).status != 0)
        try await peer.close()
        await agent.stop()
    }

    @Test func withoutAMessengerTheExitIs3AndSaysWhatToDo() async throws {
        for arguments in [["send", "oak", "x"], ["inbox"], ["status"]] {
            let start = MonotonicTime.now
            let ending = try await Program.run(arguments + ["--run-dir", run], in: files)
            #expect(ending.status == 3)
            #expect(ending.errors.hasPrefix("warren-messenger: no messenger answers on \(run)/messenger.sock"))
            #expect(ending.errors.contains("start one with \"warren-messenger serve\""))
            #expect(ending.output == "")
            #expect(MonotonicTime.now - start < .seconds(20))
        }
    }

    @Test(arguments: [
        ["frob"], ["send", "oak"], ["send", "Oak!", "x"], ["send", "oak", ""], ["send", "oak", "x", "--timeout", "5"],
        ["send", "oak", "x", "--timeout", "6m"], ["send", "oak", "x", "--timeout", "0s"], ["inbox", "--limit", "0"],
        ["send", "oak", "x", "--expires", "1h"], ["send", "oak", "x", "--queue", "--expires", "31d"], ["sent", "--limit", "0"],
        ["broadcast"], ["broadcast", "x", "--timeout", "6m"], ["ping", "Oak!"], ["ping", "oak", "--count", "0"],
        ["inbox", "--limit", "1001"], ["inbox", "--after", "-1"], ["serve", "--port", "0"], ["serve", "--port", "65536"],
        ["serve", "--inbox-messages", "0"], ["serve", "--inbox-mebibytes", "0"],
        ["serve", "--log-level", "loud"], ["status", "--frob"], ["chat", "Oak!"], ["sent", "--after", "-1"],
        ["load", "Oak!"], ["load", "oak", "--pattern", "ring"], ["load", "--pattern", "star"], ["load", "--rate", "0"],
        ["load", "--count", "0"], ["load", "--duration", "2h"], ["load", "--size", "16385"], ["load", "--in-flight", "129"],
        ["load", "--expires", "1h"], ["load", "--timeout", "6m"],
    ])
    func badUsageIs64(arguments: [String]) async throws {
        let ending = try await Program.run(arguments, in: files)
        #expect(ending.status == 64)
        #expect(ending.errors.hasPrefix("warren-messenger: "), "\(ending.errors)")
        #expect(ending.output == "")
    }

    @Test(arguments: ["", "serve", "send", "broadcast", "inbox", "sent", "ping", "load", "chat", "status"])
    func helpHasExamples(command: String) async throws {
        let ending = try await Program.run(command.isEmpty ? ["--help"] : [command, "--help"], in: files)
        #expect(ending.status == 0)
        #expect(ending.output.contains("EXAMPLES"))
    }

    @Test func aStateThatCannotBeUsedIsAClearError() async throws {
        try Data().write(to: URL(filePath: files.path + "/file"))
        let ending = try await Program.run(["serve", "--state", files.path + "/file/state", "--run-dir", run], in: files)
        #expect(ending.status == 1)
        #expect(ending.errors.contains("warren-messenger: the directory \(files.path)/file/state cannot be made"))
    }
}
