import Basics
import ControlProtocol
import Foundation
import MeshModel
import MessengerLogic
import Testing

@testable import MessengerCore
import Timing

/// The chat in a real terminal, with real messengers on loopback addresses. What differs from run to run is replaced: times, addresses.
@Suite(.serialized)
struct ChatTerminalTests {
    private let files: TemporaryDirectory
    private let oak: Roster.Member
    private let birch: Roster.Member
    private let elm: Roster.Member

    init() throws {
        files = try TemporaryDirectory()
        oak = try StandInMesh.member("oak")
        birch = try StandInMesh.member("birch")
        elm = try StandInMesh.member("elm")
        for name in ["oak", "birch"] { try StateDirectory.make("\(files.path)/\(name)") }
    }

    private func away(_ member: Roster.Member) -> Roster.Member {
        Roster.Member(id: member.id, name: member.name, address: member.address, isReachable: false)
    }

    /// Starts the messenger of a machine and waits until it listens.
    private func serve(_ own: Roster.Member) async throws -> Program {
        let directory = "\(files.path)/\(own.name)"
        let program = try Program.start(["serve", "--state", directory + "/state", "--run-dir", directory], in: files)
        let start = MonotonicTime.now
        while MonotonicTime.now - start < .seconds(20) {
            let status = try await Program.run(["status", "--run-dir", directory], in: files)
            if status.output.contains("\(own.address):7411") { return program }
        }
        throw CodedError("test", "\(own.name) does not listen")
    }

    private func send(_ text: String, from sender: Roster.Member, to receiver: Roster.Member) async throws {
        let sent = try await Program.run(
            ["send", receiver.name.text, text, "--run-dir", "\(files.path)/\(sender.name)"], in: files)
        #expect(sent.status == 0, "\(sent.output)")
    }

    /// Without what differs from run to run.
    private func normal(_ rows: [String]) -> [String] {
        rows.map {
            $0.replacing(/\d\d:\d\d/, with: "HH:MM").replacing(/127\.\d+\.\d+\.\d+ +/, with: "ADDRESS ")
                .replacing(/─+ [A-Z][a-z]+day, \d+ [A-Z][a-z]+ \d{4} ─+ */, with: "DAY ")
        }
    }

    /// What the conversation below looks like in the end.
    private static let whole = [
        " warren  oak  ADDRESS 2 of 2 reachable",
        "DAY │›   all",
        #" HH:MM  birch    the kettle is on 中文 👍\u{1B}[2J!             │  ● birch"#,
        " HH:MM  → birch  coming, 今すぐ é  ✓                            │  ● elm",
        " HH:MM  → all    lunch?  ✓ 1 of 2, ✗ elm not-reachable          │",
        " HH:MM  → elm    soup  ✓                                        │",
        " HH:MM  ● elm is back                                           │",
        " HH:MM  ○ birch has left the mesh                               │",
        " HH:MM  ● birch has joined the mesh                             │",
        "                                                                │",
        "                                                                │",
        "                                                                │",
        "                                                                │",
        "                                                                │",
        "── what cannot be delivered is kept ──────────────────── /help ─┴───────────────",
        "all › half a 词",
    ]
    private static let narrow = [
        " warren  oak  ADDRESS 2 of 2 reachable",
        "                 ✓ 1 of 2, ✗ elm not-reachable",
        " HH:MM  → elm    soup  ✓",
        " HH:MM  ● elm is back",
        " HH:MM  ○ birch has left the mesh",
        " HH:MM  ● birch has joined the mesh",
        "── what cannot be delivered is kept ────── /help ─",
        "all › half a 词",
    ]

    @Test func aConversation() async throws {
        let oaksAgent = try await StandInAgent.start(
            in: files.path + "/oak", .standIn(own: oak, peers: [birch, away(elm)]))
        let birchsAgent = try await StandInAgent.start(in: files.path + "/birch", .standIn(own: birch, peers: [oak]))
        let messengers = [try await serve(oak), try await serve(birch)]
        let terminal = try await Tmux(in: files, columns: 80, rows: 16)

        try await terminal.command("warren-messenger chat --run-dir oak")
        try await terminal.waitFor("1 of 2 reachable")
        // Both ways; wide characters; what would move the cursor.
        try await send("the kettle is on 中文 👍\u{1b}[2J!", from: birch, to: oak)
        try await terminal.waitFor("the kettle is on")
        try await terminal.type("@birch coming, 今すぐ é")
        try await terminal.press("Enter")
        try await terminal.waitFor("é  ✓")
        // To everybody; one of them is away. Then kept for it, until it is back.
        try await terminal.type("lunch?")
        try await terminal.press("Enter")
        try await terminal.waitFor("✓ 1 of 2, ✗ elm not-reachable")
        try await terminal.type("/queue")
        try await terminal.press("Enter")
        try await terminal.type("@elm soup")
        try await terminal.press("Enter")
        try await terminal.waitFor("⧗ queued")
        let station = try await Station(elm, knows: [oak])
        oaksAgent.set(try .standIn(own: oak, peers: [birch, elm]))
        try await terminal.waitFor("soup  ✓")
        #expect(try await station.store.messages(after: 0, limit: 10).map(\.text) == ["soup"])
        // Somebody leaves and comes back.
        oaksAgent.set(try .standIn(own: oak, peers: [elm]))
        try await terminal.waitFor("birch has left the mesh")
        oaksAgent.set(try .standIn(own: oak, peers: [birch, elm]))
        try await terminal.waitFor("birch has joined the mesh")
        try await terminal.type("half a 词")
        let whole = try await terminal.waitFor("the whole screen") { normal($0) == Self.whole }
        // Narrow and low: no members, the latest lines, and the same again afterwards.
        try await terminal.resize(columns: 50, rows: 8)
        try await terminal.waitFor("the narrow screen") { normal($0) == Self.narrow }
        try await terminal.press("PPage", "PPage")
        try await terminal.waitFor("the beginning") {
            $0.count == 8 && normal($0)[1].hasPrefix("DAY") && $0[6].contains("↓ more")
        }
        try await terminal.press("Escape")
        try await terminal.waitFor("the narrow screen") { normal($0) == Self.narrow }
        try await terminal.resize(columns: 80, rows: 16)
        try await terminal.waitFor("the screen as it was") { $0 == whole }
        // Redrawing everything shows the same: the differences were right.
        try await terminal.press("C-l")
        try await terminal.waitFor("the screen as it was") { $0 == whole }

        // The messenger goes and comes back.
        messengers[0].signal(SIGTERM)
        #expect(try await messengers[0].ending(within: .seconds(5)).status == 0)
        try await terminal.waitFor("the messenger does not answer")
        let again = try await serve(oak)
        try await terminal.waitFor("2 of 2 reachable")
        try await send("still here?", from: birch, to: oak)
        try await terminal.waitFor("still here?")

        for program in [again, messengers[1]] {
            program.signal(SIGTERM)
            #expect(try await program.ending(within: .seconds(5)).status == 0)
        }
        await station.stop()
        await oaksAgent.stop()
        await birchsAgent.stop()
    }

    @Test func theTerminalIsGivenBack() async throws {
        let agent = try await StandInAgent.start(in: files.path + "/oak", .standIn(own: oak, peers: [birch]))
        let messenger = try await serve(oak)
        let terminal = try await Tmux(in: files, columns: 100, rows: 20)
        try await terminal.command("stty -a > before")
        try await terminal.waitForPrompt { $0.contains { $0.contains("stty") } }
        let chat = "warren-messenger chat birch --run-dir oak; echo \"ended with $?\"; stty -a | cmp - before && echo same"
        let endings: [(String, () async throws -> Void)] = [
            ("0", { try await terminal.command("/quit") }), ("0", { try await terminal.press("C-c") }),
            ("0", { try await terminal.press("C-d") }),
            ("143", { try await Self.end(terminal, SIGTERM) }), ("129", { try await Self.end(terminal, SIGHUP) }),
        ]
        for (code, end) in endings {
            try await terminal.command("clear; " + chat)
            try await terminal.waitFor("1 of 1 reachable")
            try await end()
            let rows = try await terminal.waitForPrompt { $0.contains("same") }
            #expect(rows.contains("ended with \(code)"), "\(rows)")
            #expect(!rows.contains { $0.contains("reachable") }, "\(rows)")
        }

        // Stopped by the shell's job control, and continued.
        try await terminal.command("clear; " + chat)
        try await terminal.waitFor("1 of 1 reachable")
        try await terminal.type("draft")
        try await terminal.waitFor("birch › draft")
        try await terminal.press("C-z")
        try await terminal.waitForPrompt { $0.contains("same") && !$0.contains { $0.contains("reachable") } }
        try await terminal.command("fg")
        try await terminal.waitFor("birch › draft")
        try await terminal.press("C-c")
        try await terminal.waitForPrompt()
        try await terminal.command("stty -a | cmp - before && echo still the same")
        try await terminal.waitForPrompt { $0.contains("still the same") }
        messenger.signal(SIGTERM)
        #expect(try await messenger.ending(within: .seconds(5)).status == 0)
        await agent.stop()
    }

    private static func end(_ terminal: Tmux, _ signal: CInt) async throws {
        kill(try #require(try await terminal.child()), signal)
    }

    @Test func withoutATerminalItSaysWhatToUse() async throws {
        let ending = try await Program.run(["chat", "--run-dir", files.path + "/oak"], in: files)
        #expect(ending.status == 64)
        #expect(ending.errors.contains("chat needs a terminal"))
        #expect(ending.errors.contains("inbox --follow"))
        #expect(ending.output == "")
    }
}
