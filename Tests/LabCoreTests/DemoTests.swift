import Basics
import ScenarioModel
import Testing

@testable import LabCore

@Suite struct DemoStateTests {
    static let scenario = """
        {"version": 1, "name": "play", "title": "A play", "machines": ["ash", "birch", "cedar"],
         "steps": [{"start": "coordinator"},
                   {"mark": "one", "title": "The first scene"},
                   {"id": "meet", "title": "they meet", "eventually": {"ping": "all"}, "within": "2s"},
                   {"id": "quiet", "eventually": {"ping": "all"}, "within": "2s"},
                   {"mark": "two"},
                   {"id": "part", "title": "they part", "eventually": {"ping": "all"}, "within": "2s"}]}
        """

    static func state() throws -> DemoState { DemoState(try Scenario(parsing: scenario, file: "play.json")) }

    static func check(_ id: String, _ outcome: String) -> StoryEvent {
        var event = StoryEvent(event: .check, scenario: "play", at: 3)
        event.check = StoryEvent.CheckNews(id: id, title: "", outcome: outcome, seconds: 0.5, bound: 2, detail: "seen")
        return event
    }

    @Test func chaptersAndClaimsComeFromTheScenario() throws {
        let state = try Self.state()
        #expect(state.chapters.map(\.title) == ["A play", "The first scene", "two"])
        #expect(state.chapters.map { $0.claims.map(\.id) } == [[], ["meet"], ["part"]])
        #expect(state.score == (0, 0, 2))
    }

    @Test func eventsMoveIt() throws {
        var state = try Self.state()
        var pause = StoryEvent(event: .pause, scenario: "play", at: 1, text: "two")
        pause.mark = "two"
        state.take(pause)
        #expect(state.isPaused && state.current == 2)
        state.proceed()
        #expect(!state.isPaused)
        state.take(Self.check("meet", "pass"))
        state.take(Self.check("part", "fail"))
        state.take(Self.check("start-1-effect", "pass"))
        #expect(state.score == (1, 2, 2) && state.notes.isEmpty && state.at == 3)
        state.take(Self.check("start-1-effect", "inconclusive"))
        #expect(state.notes == ["start-1-effect: seen"])
        for number in 0..<20 { state.note("\(number)") }
        #expect(state.notes.count == 5 && state.notes.last == "19")
    }
}

@Suite struct DemoPictureTests {
    private func mesh(_ rows: [String], off: Set<String> = [], liveness: [String: String] = [:]) -> StoryEvent.Mesh {
        let names = ["ash", "birch", "cedar", "doum"].prefix(rows.count)
        return StoryEvent.Mesh(
            machines: names.map {
                StoryEvent.Mesh.Machine(
                    name: $0, isOn: !off.contains($0), isUp: !off.contains($0), liveness: liveness[$0] ?? "alive")
            }, rows: rows)
    }

    private func drawn(_ mesh: StoryEvent.Mesh) -> String {
        var canvas = DemoCanvas(columns: 40, rows: 15)
        MeshDrawing.draw(mesh, on: &canvas, column: 0, row: 0, columns: 40, rows: 15)
        return canvas.lines(isStyled: false).joined(separator: "\n")
    }

    @Test func linksAreWhatBothSidesSee() {
        #expect(MeshDrawing.Link("1", "1") == .open)
        #expect(MeshDrawing.Link("1", "0") == .oneWay && MeshDrawing.Link("0", "1") == .oneWay)
        #expect(MeshDrawing.Link("0", "0") == .silent)
        #expect(MeshDrawing.Link("?", "?") == .none && MeshDrawing.Link("x", "x") == .none)
    }

    @Test func aFullMeshHasLinesAndACutOneDots() {
        let whole = drawn(mesh(["-11", "1-1", "11-"]))
        for name in ["ash", "birch", "cedar"] { #expect(whole.contains(name), "\(whole)") }
        #expect(whole.count { $0 == "●" } == 3 && whole.contains("─") && !whole.contains("·"), "\(whole)")
        let cut = drawn(mesh(["-10", "1-0", "00-"]))
        #expect(cut.contains("·") && !cut.contains("─"), "\(cut)")
        let dead = drawn(mesh(["-1x", "1-x", "xx-"], off: ["cedar"], liveness: ["cedar": "unresponsive"]))
        #expect(dead.contains("✕") && !dead.contains("·"), "\(dead)")
    }

    @Test func manyMachinesAreAMatrix() {
        let count = 12
        let machines = (1...count).map { StoryEvent.Mesh.Machine(name: "m\($0)", isOn: true, isUp: true, liveness: "alive") }
        let rows = (0..<count).map { row in String((0..<count).map { $0 == row ? "-" : row == 3 || $0 == 3 ? "0" : "1" }) }
        let text = drawn(StoryEvent.Mesh(machines: machines, rows: rows))
        #expect(text.count { $0 == "□" } == 2 * (count - 1) && text.count { $0 == "■" } == (count - 1) * (count - 2), "\(text)")
    }

    @Test func wordsSayTheSame() {
        #expect(MeshDrawing.words(mesh(["-11", "1-1", "11-"])) == "3 of 3 links open")
        #expect(MeshDrawing.words(mesh(["-10", "1-0", "00-"])) == "1 of 3 links open, silent: ash-cedar birch-cedar")
        let dead = MeshDrawing.words(mesh(["-1x", "1-x", "xx-"], off: ["cedar"], liveness: ["cedar": "unresponsive"]))
        #expect(dead == "1 of 3 links open, off: cedar, unresponsive: cedar")
    }

    @Test func everythingFitsTheScreen() throws {
        var state = try DemoStateTests.state()
        state.mesh = mesh(["-11", "1-1", "11-"])
        state.take(DemoStateTests.check("meet", "pass"))
        for number in 0..<9 { state.note("note \(number) " + String(repeating: "long ", count: 60)) }
        for (columns, rows) in [(40, 12), (80, 24), (200, 60)] {
            let lines = DemoPicture.lines(state, columns: columns, rows: rows, isStyled: false)
            #expect(lines.count == rows && lines.allSatisfy { $0.count <= columns })
        }
        let lines = DemoPicture.lines(state, columns: 100, rows: 30, isStyled: false)
        #expect(lines.contains { $0.contains("✓ they meet") && $0.contains("0.50 of 2.0 s") }, "\(lines)")
        #expect(lines.contains { $0.contains("· they part") })
        #expect(lines[0].contains("1/2 shown"))
        let styled = DemoPicture.lines(state, columns: 100, rows: 30, isStyled: true).joined()
        #expect(styled.contains("\u{1b}[0;32m") && styled.hasSuffix("\u{1b}[0m"))
    }
}

@Suite struct DemoInputTests {
    private let machines = ["ash", "birch", "cedar"]

    private func command(_ line: String) throws -> DemoCommand { try DemoCommand(line, machines: machines, number: 7) }

    @Test func wordsBecomeSteps() throws {
        #expect(try command("") == .proceed && command(" next ") == .proceed)
        #expect(try command("kill ash") == .step("{\"crash\": \"ash\"}"))
        #expect(try command("kill ash/agent") == .step("{\"kill\": \"ash/agent\"}"))
        #expect(try command("kill coordinator/coordinator") == .step("{\"kill\": \"coordinator/coordinator\"}"))
        #expect(try command("restart birch") == .step("{\"restart\": \"birch\"}"))
        #expect(
            try command("partition ash cedar")
                == .step("{\"partition\": {\"name\": \"by-hand-7\", \"isolate\": [\"ash\", \"cedar\"]}}"))
        #expect(try command("heal") == .step("{\"heal\": \"all\"}"))
        #expect(try command("send ash birch how  are you") == .send(from: "ash", to: "birch", text: "how are you"))
        #expect(try command("quit") == .quit && command("?") == .help)
    }

    /// Every step that a presenter can make is one of the language.
    @Test func stepsAreOfTheLanguage() throws {
        let scenario = try Scenario(parsing: DemoStateTests.scenario, file: "play.json")
        for line in ["kill ash", "kill ash/agent", "restart birch", "start cedar/messenger", "partition ash cedar", "heal"] {
            guard case .step(let step) = try command(line) else { throw CodedError("test", "\(line) is no step") }
            _ = try scenario.step(parsing: step, source: "step", faults: [])
        }
    }

    @Test(arguments: [
        ("kill", "expected MACHINE"), ("kill ahs", "Did you mean \"ash\"?"), ("partition", "at least one"),
        ("partition ash birch cedar", "other side"), ("send ash birch", "expected FROM TO TEXT"), ("send ash ash x", "expected"),
        ("sned ash birch x", "Did you mean \"send\"?"), ("send ash coordinator x", "no machine"),
    ])
    func badWordsAreExplained(line: String, hint: String) {
        #expect { try command(line) } throws: { "\($0)".contains(hint) }
    }

    @Test func keysBecomeLines() {
        var keys = DemoKeys(isTerminal: true)
        func typed(_ text: String, isPaused: Bool = true) -> [DemoKeys.Typed] { keys.take(Array(text.utf8), isPaused: isPaused) }
        #expect(typed("kill as") == [] && keys.text == "kill as")
        #expect(typed("\u{7f}sh\r") == [.line("kill ash")])
        #expect(typed(" ") == [.line("")] && typed("\r") == [.line("")])
        #expect(typed(" \r", isPaused: false) == [], "an empty line counts at a pause only")
        #expect(typed("\u{1b}[C\u{1b}[15~x") == [] && keys.text == "x", "keys with names are nothing")
        #expect(typed("ü\u{7f}\u{15}heal\n") == [.line("heal")])
        #expect(typed("\u{3}") == [.interrupt])
        _ = typed(String(repeating: "x", count: 2_000))
        #expect(keys.text.count == DemoKeys.limit)
        var pipe = DemoKeys(isTerminal: false)
        #expect(pipe.take(Array("kill ash\n\n".utf8), isPaused: false) == [.line("kill ash"), .line("")])
    }
}
