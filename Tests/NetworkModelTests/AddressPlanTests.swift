import MeshModel
import NetworkModel
import Testing

/// The underlay's addresses.
struct AddressPlanTests {
    private let plan = AddressPlan(families: .both)

    @Test func segmentsHaveTheirRanges() {
        #expect(plan.prefixes(of: .backbone) == [IPPrefix("198.18.0.0/16"), IPPrefix("fd00:7761:7272::/64")])
        #expect(plan.prefixes(of: .site(15)) == [IPPrefix("198.19.240.0/20"), IPPrefix("fd00:7761:7272:10::/64")])
        #expect(AddressPlan(families: .ipv6).prefixes(of: .site(0)) == [IPPrefix("fd00:7761:7272:1::/64")])
    }

    @Test func machinesCountFromTheFirstAddress() {
        #expect(plan.machine(0, in: .backbone) == [IPAddress("198.18.0.1"), IPAddress("fd00:7761:7272::1")])
        #expect(plan.machine(1_000, in: .backbone)[0] == IPAddress("198.18.3.233"))
        #expect(plan.routerInside(site: 2)[0] == IPAddress("198.19.32.1"))
        #expect(plan.machine(0, in: .site(2))[0] == IPAddress("198.19.32.2"))
        #expect(plan.routerOutside(site: 0)[0] == IPAddress("198.18.255.254"))
    }

    @Test func noTwoHaveOneAddressAndAllLieInTheirSegment() {
        for segment in [AddressPlan.Segment.backbone, .site(0), .site(15)] {
            let count = AddressPlan.capacity(of: segment)
            var all =
                (0..<count).flatMap { plan.machine($0, in: segment) } + (0..<count).flatMap { plan.roaming($0, in: segment) }
            if case .site(let site) = segment {
                all += plan.routerInside(site: site)
            } else {
                all += (0..<AddressPlan.mostSites).flatMap { plan.routerOutside(site: $0) }
            }
            #expect(Set(all).count == all.count)
            let prefixes = plan.prefixes(of: segment)
            #expect(all.allSatisfy { address in prefixes.contains { $0.contains(address) } })
        }
        #expect(plan.roaming(2_000, in: .site(0)) == plan.roaming(0, in: .site(0)))
    }

    @Test func placesAreFoundByName() {
        var topology = Topology()
        topology.switches = [SwitchPlan(name: "cellar")]
        topology.sites = [SitePlan(name: "one"), SitePlan(name: "two")]
        #expect(topology.place(named: Topology.backbone) == .backbone)
        #expect(topology.place(named: "cellar") == Topology.Place(segment: .backbone, furtherSwitch: 0))
        #expect(topology.place(named: "two") == Topology.Place(segment: .site(1)))
        #expect(topology.place(named: "attic") == nil)
    }
}
