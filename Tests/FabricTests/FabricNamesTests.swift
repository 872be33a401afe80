import Basics
import Fabric
import Netlink
import NetworkModel
import Testing

@Suite struct FabricNamesTests {
    @Test func othersAreNot() {
        for name in [
            "lo", "eth0", "wlan0", "docker0", "veth12ab", "m", "mesh0", "m1x", "br0", "r", "rm", "ra", "rm1", "rm1c", "site",
            "sitex",
            "switch", "switch1x", "backbone-", "backbones", "backbone-2c", "tun0", "ud1", "",
        ] { #expect(!FabricNames.mayBe(name), "\(name)") }
        for name in ["rm12a", "rr1b", "rt3a", "backbone-12b"] { #expect(FabricNames.mayBe(name), "\(name)") }
    }

    /// Whatever a fabric has in its namespace goes by a name that is known to be the lab's.
    @Test func allOfAFabricAreKnown() async throws {
        try await privately {
            var settings = FabricSettings()
            settings.portsPerBridge = 2
            var topology = Topology()
            topology.switches = [SwitchPlan(name: "far")]
            topology.sites = [SitePlan(name: "berlin")]
            let places = ["backbone", "backbone", "backbone", "far", "far", "far", "berlin", "berlin", "berlin"]
            let attachments = places.enumerated().map { Attachment(machine: "a\($0.offset)", place: $0.element) }
            let fabric = try await Fabric.build(topology, attachments, settings: settings)
            try fabric.boot(attachments.map(\.machine))
            let names = try RouteSocket().links().map(\.name).filter { $0 != "lo" }
            #expect(names.count > 20 && names.contains("backbone-2") && names.contains("site1-2a"), "\(names)")
            for name in names { #expect(FabricNames.mayBe(name), "\(name)") }
            try await fabric.powerOff(attachments.map(\.machine))
        }
    }
}
