import Basics
import NetworkModel
import Testing

@testable import ScenarioModel

/// What each word of the language becomes.
@Suite struct WordTests {
    static let network = #""network": {"sites": [{"name": "berlin", "nat": "symmetric"}]},"#

    static func action(_ step: String) throws -> Action? { try read(scenarioText(step, more: network)).actions.last }

    static func condition(_ text: String) throws -> Condition? {
        try read(
            scenarioText("{\"id\": \"up\", \"start\": \"all\"}, {\"eventually\": \(text), \"within\": \"1s\"}", more: network)
        )
        .conditions.first
    }

    static let all = ["ash", "birch", "cedar"]
    static let agent = Target(machines: ["ash"], service: "agent")

    @Test(arguments: [
        (#"{"boot": "ash"}"#, Action.boot(["ash"])),
        (#"{"join": "all"}"#, .start(Target(machines: all, service: nil))),
        (#"{"kill": "ash/agent"}"#, .kill(agent, signal: 9)),
        (#"{"stop": "ash/agent", "grace": "2s"}"#, .stop(agent, grace: .seconds(2))),
        (#"{"stop": "ash/agent"}"#, .stop(agent, grace: .seconds(5))),
        (#"{"crash": "coordinator"}"#, .crash(["coordinator"])),
        (#"{"pause": "ash"}"#, .pause(Target(machines: ["ash"], service: nil))),
        (#"{"resume": "ash/agent"}"#, .resume(agent)),
        (#"{"run": ["a", "${machine.name}"], "on": "all"}"#, .run(CommandStep(command: ["a", "${machine.name}"]), on: all)),
        (
            #"{"run": ["a"], "on": "ash", "within": "1s", "exits": 3}"#,
            .run(CommandStep(command: ["a"], within: .seconds(1), exits: 3), on: ["ash"])
        ),
        (#"{"unplug": "ash"}"#, .cable(["ash"], isUp: false)),
        (#"{"plug": "ash"}"#, .cable(["ash"], isUp: true)),
        (
            #"{"flap": "ash", "down": "200ms", "up": "300ms", "times": 5}"#,
            .flap(["ash"], down: .milliseconds(200), up: .milliseconds(300), times: 5)
        ),
        (#"{"mtu": "ash", "bytes": 1280}"#, .mtu(["ash"], 1_280)),
        (#"{"roam": "ash"}"#, .roam(["ash"], to: nil)),
        (#"{"roam": "ash", "to": "backbone"}"#, .roam(["ash"], to: "backbone")),
        (#"{"nat": "berlin", "does": "rebind"}"#, .nat(site: "berlin", .rebind)),
        (#"{"nat": "berlin", "does": "flush"}"#, .nat(site: "berlin", .flush)),
        (#"{"nat": "berlin", "becomes": "endpoint-independent"}"#, .nat(site: "berlin", .become(.endpointIndependent))),
        (#"{"disk": "ash", "is": "read-only"}"#, .disk(["ash"], .readOnly)),
        (#"{"heal": "all"}"#, .heal(nil)),
    ])
    func actions(step: String, expected: Action) throws {
        #expect(try Self.action(step) == expected)
    }

    @Test(arguments: [
        (#"{"ping": {"from": "ash", "to": "all", "over": "underlay"}}"#, Condition.ping(from: ["ash"], to: all, over: .underlay)),
        (#"{"groups": {"groups": [["ash"], ["birch", "cedar"]]}}"#, .groups([["ash"], ["birch", "cedar"]])),
        (#"{"untouched": {"loss": "0.5%"}}"#, .untouched(loss: 0.005)),
        (#"{"peer": {"of": "ash", "on": "birch", "is": "present"}}"#, .peer(of: "ash", on: ["birch"], present: true)),
        (#"{"peers-complete": "all"}"#, .peersComplete(on: all)),
        (#"{"handshake": "all"}"#, .handshake(from: all, to: all, youngerThan: .seconds(180))),
        (
            #"{"handshake": {"from": "ash", "to": "birch", "younger-than": "10s"}}"#,
            .handshake(from: ["ash"], to: ["birch"], youngerThan: .seconds(10))
        ),
        (#"{"truth": {"false-online": "7s", "false-offline": "0s"}}"#, .truth(falseOnline: .seconds(7), falseOffline: .zero)),
        (#"{"addresses": {"of": "all", "are": "unique"}}"#, .uniqueAddresses(all)),
        (#"{"service": {"of": "ash/agent", "is": "paused"}}"#, .service(agent, .paused)),
        (#"{"memory": {"of": "ash/agent", "below": "50MB"}}"#, .memory(agent, below: 50_000_000)),
        (#"{"memory": {"of": "ash/agent", "below": "1.5KiB"}}"#, .memory(agent, below: 1_536)),
        (#"{"files": {"of": "ash/agent", "below": 200}}"#, .descriptors(agent, below: 200)),
        (#"{"wire": {"is": "encrypted"}}"#, .wire(.encrypted(only: ["udp/51820", "tcp/7400", "arp", "icmp6"]))),
        (#"{"wire": {"is": "encrypted", "only": ["udp/1"]}}"#, .wire(.encrypted(only: ["udp/1"]))),
        (#"{"wire": {"is": "clear-text"}}"#, .wire(.clearText)),
        (#"{"wire": {"is": "direct"}}"#, .wire(.directPaths)),
    ])
    func conditions(text: String, expected: Condition) throws {
        #expect(try Self.condition(text) == expected)
    }

    @Test func logPatterns() throws {
        let text = #"{"log": {"of": "ash/agent", "where": {"event": "x", "n": 3, "ok": true}, "since": "up", "at-most": 0}}"#
        guard case .log(let target, let pattern) = try Self.condition(text) else { throw Unexpected() }
        #expect(target == Self.agent && pattern.fields == ["event": "x", "n": "3", "ok": "true"])
        #expect(pattern.since == "up" && pattern.atLeast == 0 && pattern.atMost == 0 && pattern.contains == nil)
        guard case .log(_, let other) = try Self.condition(#"{"log": {"of": "ash/agent", "contains": "x"}}"#) else {
            throw Unexpected()
        }
        #expect(other.atLeast == 1 && other.atMost == nil && other.contains == "x")
    }

    @Test func checks() throws {
        let scenario = try read(
            scenarioText(
                """
                {"id": "up", "start": "all"},
                {"stays": {"ping": "all"}, "for": "5s", "since": "up", "claims": ["c-1"], "milestones": [4, 5]},
                {"never": {"ping": "all"}, "until": "m", "milestone": 2}, {"mark": "m"}
                """))
        let checks = scenario.steps.compactMap { if case .check(let check) = $0.kind { check } else { nil } }
        #expect(checks[0].mode == .stays(duration: .seconds(5), within: .seconds(1), since: "up"))
        #expect(checks[0].claims == ["c-1"] && checks[0].milestones == [4, 5])
        #expect(checks[1].mode == .lastingUntil(expected: false, mark: "m") && checks[1].milestones == [2])
    }
}
