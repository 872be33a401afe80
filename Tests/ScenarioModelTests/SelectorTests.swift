import NetworkModel
import Testing

@testable import ScenarioModel

@Suite struct SelectorTests {
    static let machines = """
        [{"name": "m", "count": 6, "labels": ["west"]}, {"name": "x", "place": "berlin"}, {"name": "y", "place": "berlin"}]
        """
    static let network = #""network": {"sites": ["berlin"]},"#

    static func crashed(_ selectors: String..., seed: UInt64 = 1) throws -> [[String]] {
        let steps = selectors.map { "{\"crash\": \($0)}" }.joined(separator: ",\n")
        let scenario = try read(scenarioText(steps, more: network, machines: machines), seed: seed)
        return scenario.actions.compactMap { if case .crash(let list) = $0 { list } else { nil } }
    }

    @Test(arguments: [
        (#""all""#, ["m1", "m2", "m3", "m4", "m5", "m6", "x", "y"]),
        (#""m2""#, ["m2"]),
        (#"["y", "m2"]"#, ["m2", "y"]),
        (#"["y", "coordinator"]"#, ["coordinator", "y"]),
        (#"{"except": ["m1", "m2", "m3"]}"#, ["m4", "m5", "m6", "x", "y"]),
        (#"{"except": {"label": "west"}}"#, ["x", "y"]),
        (#"{"label": "west"}"#, ["m1", "m2", "m3", "m4", "m5", "m6"]),
        (#"{"place": "berlin"}"#, ["x", "y"]),
        (#"{"place": "backbone"}"#, ["m1", "m2", "m3", "m4", "m5", "m6"]),
    ])
    func fixed(selector: String, expected: [String]) throws {
        #expect(try Self.crashed(selector) == [expected])
    }

    @Test func counts() throws {
        let cases = [
            (#"{"one": "all"}"#, 1), (#"{"minority": "all"}"#, 3), (#"{"majority": "all"}"#, 5),
            (#"{"minority": {"except": "x"}}"#, 3), (#"{"majority": {"except": "x"}}"#, 4),
            (#"{"percent": 30, "of": "all"}"#, 2), (#"{"percent": 1, "of": "all"}"#, 1),
            (#"{"pick": 3, "of": {"label": "west"}}"#, 3),
        ]
        for (selector, count) in cases {
            for seed in 1...50 as ClosedRange<UInt64> {
                let chosen = try Self.crashed(selector, seed: seed)[0]
                #expect(chosen.count == count && Set(chosen).count == count, "\(selector)")
            }
        }
    }

    /// Golden values: another platform, compiler or version of the lab must choose the same.
    @Test func generatorIsTheSameEverywhere() {
        var generator = SplitMix64(state: 1_234_567)
        // From the reference implementation by Sebastiano Vigna.
        #expect(
            (0..<3).map { _ in generator.next() } == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            ])
        let choices = RandomChoices(seed: 1)
        var first = choices.next()
        var second = choices.next()
        // The same numbers come out of an independent program (in Python).
        #expect(first.shuffled(Array(0..<10)) == [6, 3, 2, 9, 8, 1, 4, 7, 0, 5])
        #expect(second.shuffled(Array(0..<10)) == [0, 6, 1, 3, 8, 2, 9, 5, 4, 7])
    }

    @Test func choicesAreTheSameForTheSameSeed() throws {
        let all = try Self.crashed(
            #"{"pick": 2, "of": "all"}"#, #"{"pick": 2, "of": "all"}"#, #"{"one": {"label": "west"}}"#, seed: 7)
        #expect(all == [["m1", "m6"], ["m6", "y"], ["m2"]])
        let others = try (1...20).map { try Self.crashed(#"{"pick": 2, "of": "all"}"#, seed: UInt64($0)) }
        #expect(Set(others).count > 5)
    }

    @Test func whatSelectorsWriteOutIsBounded() {
        let text = scenarioText(
            #"{"repeat": 6000, "steps": [{"crash": {"except": "m1"}}]}"#, machines: #"{"name": "m", "count": 4000}"#)
        #expect(message(text).contains("choose more than 20000000 machines"))
    }

    @Test func deepSelectorsAreRead() throws {
        let deep = (0..<58).reduce("\"m1\"") { inner, _ in "{\"except\": \(inner)}" }
        #expect(try Self.crashed(deep) == [["m1"]])
    }

    @Test func numbersBelowABoundAreEven() {
        var generator = SplitMix64(state: 5)
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<70_000 { counts[generator.below(7)] += 1 }
        #expect(counts.allSatisfy { (9_500...10_500).contains($0) }, "\(counts)")
    }

    @Test func aChoiceIsRememberedByItsName() throws {
        let chosen = try Self.crashed(
            #"{"pick": 2, "of": "all", "as": "victims"}"#, #""$victims""#, #"{"except": "$victims"}"#,
            #"{"one": "$victims", "as": "v"}"#,
            #"["$v"]"#)
        #expect(chosen[0] == chosen[1])
        #expect(chosen[2].count == 6 && Set(chosen[2]).isDisjoint(with: chosen[0]))
        #expect(chosen[0].contains(chosen[3][0]) && chosen[4] == chosen[3])
    }

    @Test func services() throws {
        let steps = """
            {"kill": "m1/agent"}, {"kill": "all/messenger"}, {"kill": ["m1/agent", "y/agent"]}, {"kill": "coordinator/coordinator"},
            {"kill": {"service": "agent", "on": {"label": "west"}}}, {"crash": {"one": "all", "as": "v"}}, {"kill": "$v/agent"}
            """
        let scenario = try read(scenarioText(steps, more: Self.network, machines: Self.machines))
        let targets = scenario.actions.compactMap { if case .kill(let target, _) = $0 { target } else { nil } }
        #expect(targets[0] == Target(machines: ["m1"], service: "agent"))
        #expect(targets[1].machines.count == 8 && targets[1].service == "messenger")
        #expect(targets[2] == Target(machines: ["m1", "y"], service: "agent"))
        #expect(targets[3] == Target(machines: ["coordinator"], service: "coordinator"))
        #expect(targets[4].machines.count == 6)
        #expect(targets[5].machines.count == 1)
    }
}
