import Basics
import NetworkModel
import TestSupport
import Testing

@testable import ScenarioModel

@Suite struct ScenarioReadingTests {
    @Test func everyWordOfTheLanguageIsRead() throws {
        let scenario = try Scenario(
            parsing: """
                {
                  "$schema": "scenario.schema.json", "version": 1, "name": "words", "title": "All of them", "seed": 7,
                  "coordinator": { "heartbeat-interval": "500ms", "suspect-after": "1.5s", "unresponsive-after": "1m" },
                  "machines": ["ash", "birch", "cedar"],
                  "steps": [
                    { "start": "coordinator" },
                    { "id": "up", "start": "all" },
                    { "kill": "ash/agent", "signal": "TERM" },
                    { "stop": ["ash/messenger", "birch/messenger"] },
                    { "restart": { "except": ["cedar"] } },
                    { "crash": "cedar" },
                    { "partition": { "name": "p", "groups": [["ash"], ["birch", "coordinator"]] } },
                    { "heal": "p" }, { "heal": "all" },
                    { "id": "e", "title": "t", "eventually": { "ping": "all" }, "within": "2s", "since": "up" },
                    { "never": { "peer": { "of": "ash", "on": ["birch"], "is": "absent" } }, "for": "1s" },
                    { "always": { "coordinator": { "sees": "all", "as": "alive" } }, "until": "m" },
                    { "always": { "identity": { "of": "ash", "is": "unchanged" } }, "until": "end" },
                    { "eventually": { "message": { "from": "ash", "to": "birch", "ends": "failed", "because": ["timed-out"], "bound": "2s" } }, "within": "3s" },
                    { "mark": "m" }
                  ]
                }
                """, file: "words.json")
        #expect(scenario.seed == 7)
        #expect(
            scenario.system
                == .warren(
                    SystemPlan.Timing(
                        heartbeatInterval: .milliseconds(500), suspectAfter: .milliseconds(1_500), unresponsiveAfter: .seconds(60)
                    )))
        let kinds = scenario.steps.map(\.kind)
        #expect(kinds[0] == .action(.start(Target(machines: ["coordinator"], service: nil))))
        #expect(kinds[1] == .action(.start(Target(machines: ["ash", "birch", "cedar"], service: nil))))
        #expect(kinds[2] == .action(.kill(Target(machines: ["ash"], service: "agent"), signal: 15)))
        #expect(kinds[3] == .action(.stop(Target(machines: ["ash", "birch"], service: "messenger"), grace: .seconds(5))))
        #expect(kinds[4] == .action(.restart(Target(machines: ["ash", "birch"], service: nil))))
        #expect(kinds[5] == .action(.crash(["cedar"])))
        let cut = [("ash", "birch"), ("birch", "ash"), ("ash", "coordinator"), ("coordinator", "ash")]
        let links = Set(cut.map { DirectedLink(from: $0.0, to: $0.1) })
        #expect(kinds[6] == .action(.fault(name: "p", .cut(links, shape: "groups"))))
        #expect(kinds[7] == .action(.heal("p")) && kinds[8] == .action(.heal(nil)))
        let all = ["ash", "birch", "cedar"]
        #expect(
            kinds[9]
                == .check(
                    Check(
                        title: "t", mode: .eventually(within: .seconds(2), since: "up"),
                        condition: .ping(from: all, to: all, over: .mesh))))
        #expect(
            kinds[10]
                == .check(
                    Check(
                        mode: .lasting(expected: false, duration: .seconds(1)),
                        condition: .peer(of: "ash", on: ["birch"], present: false))))
        #expect(
            kinds[11]
                == .check(Check(mode: .lastingUntil(expected: true, mark: "m"), condition: .coordinatorSees(all, as: "alive"))))
        #expect(kinds[12] == .check(Check(mode: .lastingUntil(expected: true, mark: nil), condition: .sameIdentity(["ash"]))))
        let outcome = MessageOutcome(delivered: false, reasons: ["timed-out"], bound: .seconds(2))
        #expect(
            kinds[13]
                == .check(
                    Check(
                        mode: .eventually(within: .seconds(3), since: nil),
                        condition: .message(from: ["ash"], to: ["birch"], outcome: outcome))))
        #expect(kinds[14] == .mark(title: nil))
        #expect(scenario.steps.map(\.id).prefix(3) == ["start-1", "up", "kill-1"])
    }

    @Test func escapesAndPositionsOfText() throws {
        let node = try JSONParser.parse(#"{"a": "\u00e9\ud83d\ude00\n\"", "ü": [1, -2.5e1, null]}"#)
        guard case .object(let members) = node.value, case .string(let text) = members[0].value.value else {
            Issue.record("not an object with a text")
            return
        }
        #expect(text == "é😀\n\"")
        #expect(members[1].position == SourcePosition(line: 1, column: 33))
    }

    /// 20,000 mutations of a good file: each is read or refused with a position inside the file, and nothing traps.
    @Test func damagedFilesAreRefusedNotTrappedOn() {
        let good = Array(
            scenarioText("{\"id\": \"a\", \"eventually\": {\"ping\": \"all\"}, \"within\": \"2s\"}").utf8)
        var generator = SeededGenerator(seed: 42)
        for _ in 0..<20_000 {
            var bytes = good
            for _ in 0...Int.random(in: 0..<3, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[index] = UInt8.random(in: 0x20...0x7e, using: &generator)
                case 1: bytes.remove(at: index)
                default: bytes.insert(UInt8.random(in: 0x20...0x7e, using: &generator), at: index)
                }
            }
            do {
                _ = try Scenario(parsing: String(decoding: bytes, as: UTF8.self), file: "x")
            } catch {
                #expect((1...4).contains(error.position.line) && error.position.column >= 1)
            }
        }
    }
}
