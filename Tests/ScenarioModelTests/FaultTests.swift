import Basics
import NetworkModel
import Testing

@testable import ScenarioModel

/// Which links each fault touches.
@Suite struct FaultTests {
    static let machines = #"{"name": "m", "count": 5}"#
    static let names = Set((1...5).map { "m\($0)" })

    static func fault(_ step: String, seed: UInt64 = 1) throws -> LinkFault {
        let actions = try read(scenarioText(step, machines: machines), seed: seed).actions
        guard case .fault("p", let fault) = actions.last else { throw Unexpected() }
        return fault
    }

    static func cut(_ words: String, seed: UInt64 = 1) throws -> Set<DirectedLink> {
        guard case .cut(let links, _) = try fault("{\"partition\": {\"name\": \"p\", \(words)}}", seed: seed) else {
            throw Unexpected()
        }
        return links
    }

    /// Whom each sees, itself included.
    static func seen(_ links: Set<DirectedLink>) -> [String: Set<String>] {
        Dictionary(
            uniqueKeysWithValues: names.map { name in (name, names.filter { !links.contains(DirectedLink(from: name, to: $0)) }) }
        )
    }

    static func links(_ pairs: (String, String)...) -> Set<DirectedLink> { Set(pairs.map { DirectedLink(from: $0.0, to: $0.1) }) }

    @Test func groups() throws {
        #expect(
            try Self.cut(#""groups": [["m1"], ["m2", "coordinator"]]"#)
                == Self.links(("m1", "m2"), ("m2", "m1"), ("m1", "coordinator"), ("coordinator", "m1")))
    }

    @Test func isolate() throws {
        let seen = Self.seen(try Self.cut(#""isolate": ["m1", "m2"]"#))
        #expect(seen["m1"] == ["m1", "m2"] && seen["m3"] == ["m3", "m4", "m5"])
        #expect(try !Self.cut(#""isolate": "m1""#).contains { $0.from == "coordinator" || $0.to == "coordinator" })
    }

    @Test func halvesAndMajority() throws {
        for seed in 1...20 as ClosedRange<UInt64> {
            for word in ["halves", "majority"] {
                let seen = Self.seen(try Self.cut("\"\(word)\": \"all\"", seed: seed))
                #expect(Set(seen.values.map(\.count)) == [2, 3] && Set(seen.values).count == 2)
            }
        }
        #expect(Set(try (1...20).map { try Self.cut(#""halves": "all""#, seed: $0) }).count > 3)
    }

    @Test func ring() throws {
        let seen = Self.seen(try Self.cut(#""ring": "all""#))
        #expect(seen["m1"] == ["m5", "m1", "m2"] && seen["m3"] == ["m2", "m3", "m4"] && seen["m5"] == ["m4", "m5", "m1"])
    }

    @Test func bridge() throws {
        for seed in 1...20 as ClosedRange<UInt64> {
            let seen = Self.seen(try Self.cut(#""bridge": "all""#, seed: seed))
            #expect(seen.values.map(\.count).sorted() == [3, 3, 3, 3, 5])
            let bridge = seen.first { $0.value.count == 5 }?.key ?? ""
            #expect(seen.values.allSatisfy { $0.contains(bridge) })
        }
    }

    @Test func oneWay() throws {
        #expect(try Self.cut(#""one-way": {"from": ["m1", "m2"], "to": "m1"}"#) == Self.links(("m2", "m1")))
    }

    @Test func blockAndImpair() throws {
        #expect(
            try Self.fault(#"{"block": {"name": "p", "from": "m1", "to": "coordinator", "protocol": "tcp", "port": 7400}}"#)
                == .block(Self.links(("m1", "coordinator")), Traffic(transport: .tcp, port: 7_400)))
        var properties = LinkProperties()
        properties.delay = .milliseconds(80)
        properties.jitter = .milliseconds(10)
        properties.loss = 0.2
        properties.rate = 1_500_000
        #expect(
            try Self.fault(
                #"{"impair": {"name": "p", "between": ["m1", "m2"], "delay": "80ms", "jitter": "10ms", "loss": "20%", "rate": "1.5mbit"}}"#
            )
                == .impairment(Self.links(("m1", "m2"), ("m2", "m1")), properties))
    }

    /// A thousand machines: what is written stays small enough to be read again.
    @Test func largeCutsAreWrittenShort() throws {
        for word in ["halves", "ring", "bridge", "isolate"] {
            let chosen = word == "isolate" ? #"{"pick": 300, "of": "all"}"# : "\"all\""
            let text = scenarioText(
                "{\"partition\": {\"name\": \"p\", \"\(word)\": \(chosen)}}", machines: #"{"name": "m", "count": 400}"#)
            let scenario = try read(text)
            let written = scenario.json()
            #expect(written.utf8.count < 100_000, "\(word): \(written.utf8.count)")
            #expect(try read(written).withoutPositions == scenario.withoutPositions)
        }
    }
}
