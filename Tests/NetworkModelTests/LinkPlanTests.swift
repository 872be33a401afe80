import Basics
import NetworkModel
import Testing

@Suite struct LinkPlanTests {
    private func compile(
        _ network: TestNetwork, _ effect: Fault.Effect, _ links: LinkSet, _ capabilities: Capabilities = onlyTokenBucket
    ) throws -> LinkPlan {
        var faults = FaultSet()
        faults.add("fault", effect, on: links)
        return try LinkPlan.compile(faults, ports: network.table, capabilities: capabilities)
    }

    private func properties(_ change: (inout LinkProperties) -> Void) -> Fault.Effect {
        var properties = LinkProperties()
        change(&properties)
        return .impairment(properties)
    }

    private func code(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch { return (error as? CodedError)?.code }
    }

    @Test func lossAloneIsNftables() throws {
        let network = TestNetwork(["a", "a", "a"])
        let plan = try compile(network, properties { $0.loss = 0.25 }, [DirectedLink(from: "n0", to: "n1")])
        #expect(plan.relays.isEmpty && plan.queues.isEmpty)
        #expect(plan.engines.map(\.engine) == [.nftables])
        let filter = FilterInterpreter(plan.filter.script)
        var packet = network.packets(DirectedLink(from: "n0", to: "n1"))[0]
        packet.roll = 249_999
        #expect(filter.run(packet).isDropped)
        packet.roll = 250_000
        #expect(!filter.run(packet).isDropped)
    }

    @Test func aRateOfAWholeCableIsATokenBucketAndOfOneLinkTheRelay() throws {
        let network = TestNetwork(["a", "a", "a"])
        let rate = properties { $0.rate = 8_000_000 }
        let whole = try compile(network, rate, LinkSet(from: ["n0"], to: network.names))
        #expect(whole.relays.isEmpty && whole.queues.map(\.direction) == [.up] && whole.engines.map(\.engine) == [.tokenBucket])
        #expect(whole.queues.map(\.discipline) == [.tokenBucket(TokenBucket(bits: 8_000_000))])
        let down = try compile(network, rate, LinkSet(from: network.names, to: ["n0"]))
        #expect(down.relays.isEmpty && down.queues.map(\.direction) == [.down])
        let single = try compile(network, rate, [DirectedLink(from: "n0", to: "n1")])
        #expect(single.queues.isEmpty && single.engines.map(\.engine) == [.relay])
        let without = try compile(
            network, rate, LinkSet(from: ["n0"], to: network.names), Capabilities(hasNetem: false, hasTokenBucket: false))
        #expect(without.engines.map(\.engine) == [.relay])
    }

    @Test func netemIsUsedForWholeCablesWhereTheKernelHasIt() throws {
        let network = TestNetwork(["a", "a", "a"])
        let delay = properties { $0.delay = .milliseconds(20) }
        let links = LinkSet(from: ["n0"], to: network.names)
        #expect(try compile(network, delay, links, everything).engines.map(\.engine) == [.netem])
        #expect(try compile(network, delay, links).engines.map(\.engine) == [.relay])
        #expect(try compile(network, delay, [DirectedLink(from: "n0", to: "n1")], everything).engines.map(\.engine) == [.relay])
    }

    @Test func aPortWithARelayIsInTheFilterUnderBothNames() throws {
        let network = TestNetwork(["a", "a", "a"])
        var faults = FaultSet()
        faults.add("slow", properties { $0.delay = .milliseconds(1) }, on: [DirectedLink(from: "n0", to: "n1")])
        faults.add("cut", .cut, on: [DirectedLink(from: "n0", to: "n2")])
        let plan = try LinkPlan.compile(faults, ports: network.table, capabilities: onlyTokenBucket)
        #expect(plan.relays.map(\.port.owner) == ["n0"])
        let filter = FilterInterpreter(plan.filter.script)
        for name in ["m0", "rm0b"] {
            var packet = network.packets(DirectedLink(from: "n0", to: "n2"))[0]
            packet.iifname = name
            #expect(filter.run(packet).isDropped)
        }
    }

    @Test func twoHiddenMachinesCannotBeToldFromTheirNeighboursButTheirSitesCan() throws {
        let network = TestNetwork(["nat1", "nat1", "nat2", "nat2", "a"])
        #expect(code { _ = try compile(network, .cut, [DirectedLink(from: "n0", to: "n2")]) } == "fault.not-possible")
        #expect(
            code { _ = try compile(network, properties { $0.delay = .seconds(1) }, [DirectedLink(from: "n0", to: "n2")]) }
                == "fault.not-possible")
        for links in [
            LinkSet(from: ["n0", "n1"], to: ["n2"]), LinkSet(from: ["n0"], to: ["n2", "n3"]),
            .between([["n0", "n1"], ["n2", "n3"]]),
        ] {
            let filter = FilterInterpreter(try compile(network, .cut, links).filter.script)
            for link in network.links {
                #expect(network.packets(link).contains { filter.run($0).isDropped } == links.contains(link), "\(link)")
            }
        }
    }

    @Test func eachFaultCountsWhatItStopsEvenIfAnotherDoesToo() throws {
        let network = TestNetwork(["a", "a", "a"])
        var faults = FaultSet()
        faults.add("one", .cut, on: [DirectedLink(from: "n0", to: "n1")])
        faults.add("two", .cut, on: [DirectedLink(from: "n0", to: "n1"), DirectedLink(from: "n1", to: "n0")])
        let plan = try LinkPlan.compile(faults, ports: network.table, capabilities: onlyTokenBucket)
        let filter = FilterInterpreter(plan.filter.script)
        #expect(filter.run(network.packets(DirectedLink(from: "n0", to: "n1"))[0]).counters == ["f0", "f1"])
        #expect(filter.run(network.packets(DirectedLink(from: "n1", to: "n0"))[0]).counters == ["f1"])
    }

    @Test func theTopologyOwnLinksAreTheBasis() throws {
        let network = TestNetwork(["a", "a", "a"])
        var lossy = LinkPair()
        lossy.up.loss = 0.5
        var slow = LinkPair()
        slow.down.delay = .milliseconds(5)
        var faults = FaultSet()
        faults.add("more", properties { $0.delay = .milliseconds(7) }, on: LinkSet(from: network.names, to: ["n1"]))
        let plan = try LinkPlan.compile(
            faults, ports: network.table, basis: ["n0": lossy, "n1": slow], capabilities: onlyTokenBucket)
        #expect(plan.relays.map(\.program.down.all.delay) == [.milliseconds(12)])
        #expect(plan.relays.map(\.program.down.faults) == [[LinkPlan.topology, "more"]])
        #expect(plan.engines.map(\.fault) == [LinkPlan.topology, LinkPlan.topology, "more"])
        var packet = network.packets(DirectedLink(from: "n0", to: "n1"))[0]
        packet.roll = 0
        #expect(FilterInterpreter(plan.filter.script).run(packet).isDropped)
    }

    @Test func unknownMachinesAndPortsAreErrors() throws {
        let network = TestNetwork(["a", "a"])
        #expect(code { _ = try compile(network, .cut, [DirectedLink(from: "n0", to: "n9")]) } == "fault.unknown-machine")
        for name in ["", "fourteen-bytes", "a b", "x\"y", "a/b"] {
            var bad = network
            bad.table["n0"]?.port = name
            #expect(code { _ = try compile(bad, .cut, []) } == "fault.port", "\(name)")
        }
        var twice = network
        twice.table["n0"]?.port = "m1"
        #expect(code { _ = try compile(twice, .cut, []) } == "fault.port")
    }

    @Test func noFaultIsNoTable() throws {
        let plan = try LinkPlan.compile(FaultSet(), ports: TestNetwork(["a", "a"]).table, capabilities: everything)
        #expect(plan.filter.script == "add table bridge lab\ndelete table bridge lab\n" && plan.engines.isEmpty)
    }

    @Test func aDelayBetweenHalvesIsOneRelayForEachSender() throws {
        let network = TestNetwork([String](repeating: "a", count: 100))
        let plan = try compile(
            network, properties { $0.delay = .milliseconds(1) },
            LinkSet(from: network.names[..<40], to: network.names[40...]))
        #expect(plan.relays.count == 40 && plan.relays.allSatisfy { $0.program.up.links.count == 60 })
        let back = try compile(
            network, properties { $0.delay = .milliseconds(1) },
            LinkSet(from: network.names[40...], to: network.names[..<40]))
        #expect(back.relays.count == 40 && back.relays.allSatisfy { $0.program.down.links.count == 60 })
    }

    @Test(arguments: [300, 1_000]) func halvesAndRingsOfManyMachinesStaySmall(count: Int) throws {
        let network = TestNetwork([String](repeating: "a", count: count))
        let half = Array(network.names[..<(count / 2)])
        let halves = LinkSet.between([half, Array(network.names[(count / 2)...])])
        #expect(halves.count == count * count / 2)
        #expect(try compile(network, .cut, halves).filter.elementCount == 2 * count)
        var ring = LinkSet(from: network.names, to: network.names)
        let neighbours = network.names.indices.map { [network.names[$0], network.names[($0 + 1) % count]] }
        let near = LinkSet(neighbours.flatMap { [DirectedLink(from: $0[0], to: $0[1]), DirectedLink(from: $0[1], to: $0[0])] })
        ring = LinkSet(ring.links.filter { !near.contains($0) })
        #expect(try compile(network, .cut, ring).filter.elementCount <= 5 * count)
        let alone = LinkSet(from: half, to: half)
        #expect(try compile(network, .cut, alone).filter.elementCount <= count + count / 2)
        #expect(try compile(network, .cut, LinkSet(from: network.names, to: network.names)).filter.elementCount == count)
    }
}
