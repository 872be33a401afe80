import Basics
import NetworkModel
import TestSupport
import Testing

@testable import ScenarioModel

@Suite struct TopologyTests {
    @Test func networkAndMachines() throws {
        let scenario = try read(
            scenarioText(
                #"{"start": "all"}"#,
                more: """
                    "network": {"families": "ipv6", "mtu": 1400, "switches": ["s1", {"name": "s2", "link": {"up": {"rate": "1gbit"}}}],
                      "sites": ["paris", {"name": "berlin", "nat": "symmetric"},
                        {"name": "rome", "nat": {"kind": "endpoint-independent", "mapping-timeout": "30s"}}]},
                    """,
                machines: #"["ash", {"name": "m", "count": 2, "place": "s1", "labels": ["west"]}, {"name": "n1", "count": 2}]"#))
        #expect(scenario.machineNames == ["ash", "m1", "m2", "n1-1", "n1-2"])
        #expect(
            scenario.machines[1].place == "s1" && scenario.machines[1].labels == ["west"]
                && scenario.machines[0].place == "backbone")
        let topology = scenario.topology
        #expect(topology.families == .ipv6 && topology.mtu == 1_400)
        #expect(topology.switches.map(\.name) == ["s1", "s2"] && topology.switches[1].link.up.rate == 1_000_000_000)
        #expect(
            topology.sites.map(\.nat) == [
                nil, NATPlan(kind: .symmetric), NATPlan(kind: .endpointIndependent, mappingTimeout: .seconds(30)),
            ])
    }

    @Test func oneKindOfMachines() throws {
        #expect(try read(scenarioText(#"{"start": "all"}"#, machines: #"{"count": 30, "name": "m"}"#)).machineNames.last == "m30")
        #expect(try read(scenarioText(#"{"start": "all"}"#, machines: #"{"name": "m"}"#)).machineNames == ["m"])
    }

    @Test func otherSystems() throws {
        let scenario = try read(
            scenarioText(
                #"{"kill": "all/b"}, {"kill": {"service": "a", "on": {"one": "all"}}}"#,
                more: """
                    "system": {"mesh": {"address": "10.0.0.${machine.number}"}, "services": [
                      {"name": "a", "command": ["x", "$${y}"], "files": {"/run/a": "t"}, "prepare": [["p"]], "stop-signal": "INT"},
                      {"name": "b", "on": ["ash", "cedar"], "command": ["y"], "good-codes": [0, 1]}]},
                    """))
        guard case .commands(let system) = scenario.system else { throw Unexpected() }
        #expect(system.meshAddress == "10.0.0.${machine.number}" && system.interface == nil)
        #expect(system.services.map(\.machines) == [["ash", "birch", "cedar"], ["ash", "cedar"]])
        #expect(system.services[0].command == ["x", "${y}"] && system.services[0].files == ["/run/a": "t"])
        #expect(
            system.services[0].stopSignal == 2 && system.services[1].stopSignal == 15 && system.services[1].goodCodes == [0, 1])
        #expect(scenario.actions[0] == .kill(Target(machines: ["ash", "cedar"], service: "b"), signal: 9))
    }

    @Test func seedsBeyondTheNumbersOfJSON() throws {
        let text = scenarioText(#"{"start": "all"}"#, more: #""seed": "18446744073709551615","#)
        let scenario = try read(text)
        #expect(scenario.seed == .max)
        #expect(try read(scenario.json()).seed == .max)
        #expect(message(text.replacing("18446744073709551615", with: "18446744073709551616")).contains("out of range"))
    }

    @Test func quantities() {
        for text in ["0%", "20%", "0.5%", "100%", "12.345678%", "33.3%", "0.000001%"] {
            #expect(Quantity.share(text).map(Quantity.text(share:)) == text)
        }
        for text in ["101%", "20", "%", "1.2345678%", "-1%", "020%", ".5%", "5.%", "100.5%"] {
            #expect(Quantity.share(text) == nil)
        }
        for (duration, text) in [
            (Duration.zero, "0s"), (.milliseconds(1_500), "1.5s"), (.microseconds(1_234), "1.234ms"), (.seconds(3_600), "3600s"),
        ] {
            #expect(Quantity.text(duration: duration) == text && DurationText.parse(text) == duration)
        }
        #expect(Quantity.rate("1.5mbit") == 1_500_000 && Quantity.size("2GiB") == 2 << 30)
    }
}
