import ControlProtocol
import MeshModel
import Testing

@testable import ChatLogic

struct ChatStateTests {
    private var state = ChatState()
    private let stamp = Stamp(day: "Saturday, 28 November 2026", time: "16:24")

    init() throws { _ = state.handle(.members(try Self.mesh(["birch": .reachable, "cedar": .reachable])), at: stamp) }

    private static func mesh(_ members: [String: MeshMembers.Presence]) throws -> MeshMembers {
        MeshMembers(
            own: .init(name: try name("oak"), address: .v4(0x6440_0001)),
            members: try members.sorted { $0.key < $1.key }.map {
                .init(name: try name($0.key), address: .v4(0x6440_0002), presence: $0.value)
            })
    }

    private static func name(_ text: String) throws -> MachineName { try #require(MachineName(text)) }

    private mutating func enter(_ line: String) -> [ChatAction] {
        _ = state.handle(.key(.paste(line)), at: stamp)
        return state.handle(.key(.enter), at: stamp)
    }

    private mutating func receive(_ text: String, from sender: String, at stamp: Stamp? = nil) throws {
        let message = InboxMessage(id: "", sequence: 1, from: try Self.name(sender), text: text, receivedAt: "")
        _ = state.handle(.received([Stamped(message, at: stamp ?? self.stamp)]), at: self.stamp)
    }

    private var screen: Screen {
        var copy = state
        return copy.screen()
    }

    private func shows(_ text: String) -> Bool { screen.text.contains { $0.contains(text) } }

    @Test mutating func aWholeScreen() throws {
        try receive("the kettle is on", from: "birch")
        expect(enter("coming")) { $0 == [.broadcast(1, text: "coming")] }
        let delivered = SendResult(id: "a", outcome: .delivered, reason: nil, detail: "", milliseconds: 1)
        let failed = SendResult(id: "b", outcome: .failed, reason: .refused, detail: "nobody listens", milliseconds: 1)
        _ = state.handle(
            .broadcastEnded(
                1, [.init(to: try Self.name("birch"), result: delivered), .init(to: try Self.name("cedar"), result: failed)]),
            at: stamp)
        _ = state.handle(.members(try Self.mesh(["birch": .unsure, "cedar": .away])), at: stamp)
        try expect(enter("@cedar still there?")) {
            $0 == [.send(3, to: try Self.name("cedar"), text: "still there?", keep: false)]
        }
        _ = state.handle(.sendEnded(3, failed), at: stamp)
        _ = state.handle(.key(.paste("中文")), at: stamp)
        _ = state.handle(.resize(columns: 80, rows: 12), at: stamp)
        let text = screen.text
        #expect(text.count == 12)
        #expect(text[0].hasPrefix(" warren  oak  100.64.0.1"))
        #expect(text[0].hasSuffix("0 of 2 reachable"))
        #expect(text.contains { $0.hasPrefix(" 16:24  birch") && $0.contains("the kettle is on") })
        #expect(text.contains { $0.contains("→ all") && $0.contains("coming  ✓ 1 of 2, ✗ cedar refused") })
        #expect(text.contains { $0.contains("○ cedar is away: the mesh has dropped it") })
        #expect(text.contains { $0.contains("✗ refused: nobody listens") })
        #expect(text.contains { $0.hasSuffix("~ birch") })
        #expect(text[11] == "all › 中文")
        #expect(screen.cursor == Screen.Place(row: 11, column: 10))
    }

    @Test mutating func marksChange() throws {
        state = ChatState(.init(conversation: .machine(try Self.name("birch")), keeps: true))
        try expect(enter("hi")) { $0 == [.send(0, to: try Self.name("birch"), text: "hi", keep: true)] }
        #expect(shows("hi  …"))
        #expect(!state.hasOpenSends)
        let queued = SendResult(id: "a", outcome: .queued, reason: nil, detail: "not-reachable", milliseconds: 1)
        _ = state.handle(.sendEnded(0, queued), at: stamp)
        #expect(shows("hi  ⧗ queued: not-reachable"))
        #expect(state.hasOpenSends)
        let sent = SentMessage(
            id: "a", sequence: 1, to: try Self.name("birch"), text: "hi", outcome: .delivered, reason: nil, detail: "",
            sentAt: "",
            endedAt: nil, expiresAt: nil)
        _ = state.handle(.sent([sent]), at: stamp)
        #expect(shows("hi  ✓"))
        #expect(!state.hasOpenSends)
        expect(enter("again")) { $0.count == 1 }
        _ = state.handle(.notTaken(1, "the messenger does not answer"), at: stamp)
        #expect(shows("again  ✗ the messenger does not answer"))
    }

    @Test mutating func membersComeAndGo() throws {
        #expect(!shows("joined"))
        _ = state.handle(.members(try Self.mesh(["birch": .reachable, "elm": .reachable])), at: stamp)
        #expect(shows("● elm has joined the mesh"))
        #expect(shows("○ cedar has left the mesh"))
        _ = state.handle(.members(try Self.mesh(["birch": .away, "elm": .unsure])), at: stamp)
        #expect(shows("○ birch is away: the mesh has dropped it"))
        _ = state.handle(.members(try Self.mesh(["birch": .reachable, "elm": .unsure])), at: stamp)
        #expect(shows("● birch is back"))
        // An agent that just started knows nobody.
        let before = state.log.entries.count
        _ = state.handle(.members(MeshMembers(own: nil, members: [])), at: stamp)
        #expect(shows("~ birch"))
        _ = state.handle(.members(try Self.mesh(["birch": .reachable, "elm": .reachable])), at: stamp)
        #expect(state.log.entries.count == before)
    }

    @Test(arguments: [
        ("@oat x", "no machine is named oat; did you mean oak?"), ("/to Oak!", "is not possible"),
        ("/frob", "there is no command /frob"),
        ("/hlep", "did you mean /help?"), ("/to", "to whom?"), ("/queue maybe", "/queue on"),
    ])
    mutating func whatIsNotPossibleStaysInTheLine(line: String, words: String) {
        expect(enter(line)) { $0.isEmpty }
        #expect(state.hint?.contains(words) == true, "\(state.hint ?? "")")
        #expect(state.editor.text == line)
        #expect(state.log.entries.isEmpty)
    }

    @Test mutating func commandsAreObeyed() throws {
        expect(enter("/quit")) { $0 == [.quit] }
        expect(state.handle(.key(.control("c")), at: stamp)) { $0 == [.quit] }
        expect(state.handle(.key(.control("d")), at: stamp)) { $0 == [.quit] }
        expect(enter("//etc")) { $0 == [.broadcast(0, text: "/etc")] }
        expect(enter("/to birch")) { $0.isEmpty }
        #expect(state.conversation == .machine(try Self.name("birch")))
        expect(enter("@cedar")) { $0.isEmpty }
        #expect(state.conversation == .machine(try Self.name("cedar")))
        expect(enter("@all hi")) { $0 == [.broadcast(1, text: "hi")] }
        expect(enter("/help")) { $0.isEmpty }
        #expect(shows("Tab completes"))
        for receiver in ["all", "birch", "cedar"] {
            _ = state.handle(.key(.control("o")), at: stamp)
            #expect(state.conversation.text == receiver)
        }
    }

    @Test mutating func tabCompletes() {
        for (begun, whole) in [
            ("@b", "@birch "), ("/to c", "/to cedar"), ("/q", "/qu"), ("/h", "/help "), ("@", "@"), ("x", "x"),
        ] {
            state.editor.set(begun)
            _ = state.handle(.key(.tab), at: stamp)
            #expect(state.editor.text == whole)
        }
    }

    @Test mutating func otherConversationsAreCounted() throws {
        _ = enter("/to birch")
        try receive("psst", from: "cedar")
        #expect(!shows("psst"))
        #expect(screen.text.contains { $0.hasSuffix("○ cedar    1") || $0.hasSuffix(" 1") })
        _ = enter("/to cedar")
        #expect(shows("psst"))
        #expect(state.unread.isEmpty)
    }

    @Test mutating func aViewThatIsScrolledUpStays() throws {
        for number in 0..<100 { try receive("line \(number)", from: "birch") }
        #expect(shows("line 99"))
        _ = state.handle(.key(.pageUp), at: stamp)
        let before = screen.text
        #expect(!before.contains { $0.contains("line 99") })
        try receive("new one", from: "cedar")
        let after = screen.text
        // All but the status line is the same.
        #expect(before.dropLast(2) == after.dropLast(2))
        #expect(after.contains { $0.contains("1 new") })
        for _ in 0..<20 { _ = state.handle(.key(.pageUp), at: stamp) }
        #expect(shows("line 0"))
        _ = state.handle(.key(.escape), at: stamp)
        #expect(shows("new one"))
        #expect(!shows("1 new"))
    }

    @Test mutating func aBroadcastOfBeforeIsOne() throws {
        func sent(_ to: String, _ text: String, _ time: String) throws -> Stamped<SentMessage> {
            Stamped(
                SentMessage(
                    id: to + time, sequence: 1, to: try Self.name(to), text: text, outcome: .delivered, reason: nil, detail: "",
                    sentAt: time, endedAt: nil, expiresAt: nil), at: stamp)
        }
        let received = InboxMessage(
            id: "", sequence: 1, from: try Self.name("birch"), text: "between", receivedAt: "2026-11-28T16:24:02.000Z")
        _ = state.handle(
            .history(
                received: [Stamped(received, at: stamp)],
                sent: [
                    try sent("birch", "both", "2026-11-28T16:24:01.000Z"), try sent("cedar", "both", "2026-11-28T16:24:01.001Z"),
                    try sent("birch", "one", "2026-11-28T16:24:03.000Z"), try sent("birch", "one", "2026-11-28T16:24:03.100Z"),
                ]), at: stamp)
        #expect(state.log.entries.map(\.text) == ["both", "between", "one", "one"])
        #expect(state.log.entries.first?.mark == .summary(2, of: 2, others: []))
    }

    @Test func withoutColorsThereAreNone() {
        let plain = ScreenUpdate(colors: false).sequence(from: nil, to: screen)
        #expect(plain.firstMatch(of: /\u{1b}\[[0-9;]*(3|4|9)[0-9]m/) == nil)
        #expect(ScreenUpdate(colors: true).sequence(from: nil, to: screen).contains("\u{1b}[0;1;37;44m"))
    }
}

/// The macro cannot hold an expression that changes something.
private func expect(_ actions: [ChatAction], _ isRight: ([ChatAction]) throws -> Bool) rethrows {
    let answer = try isRight(actions)
    #expect(answer, "\(actions)")
}
