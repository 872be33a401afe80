import Basics
import LinkEmulation
import LinuxProcess
import NetworkModel
import Testing

/// What nftables does: cuts, blocks and loss, on a real bridge.
@Suite(.serialized, .enabled(if: findExecutable("nft") != nil)) struct CutTests {
    private let ahead: LinkSet = [DirectedLink(from: "n0", to: "n1")]

    @Test(.timeLimit(.minutes(1))) func aCutIsOneWayAndHealsSingly() async throws {
        let net = try TestNet()
        let probes = try Probes(net)
        var faults = FaultSet()
        faults.add("one", .cut, on: ahead)
        faults.add("two", .cut, on: .between([["n0"], ["n1", "n2"]]))
        try await net.emulator.apply(faults, ports: net.ports)
        #expect(
            probes.delivered(20) == [
                .init(0, 1): 0, .init(1, 0): 0, .init(0, 2): 0, .init(2, 0): 0, .init(1, 2): 20, .init(2, 1): 20,
            ])
        try await net.emulator.verify()
        let counts = try await net.emulator.counters()
        #expect(counts["one"]?.dropped ?? 0 >= 20 && counts["two"]?.dropped ?? 0 >= 80)
        faults.remove("two")
        try await net.emulator.apply(faults, ports: net.ports)
        #expect(
            probes.delivered(20) == [
                .init(0, 1): 0, .init(1, 0): 20, .init(0, 2): 20, .init(2, 0): 20, .init(1, 2): 20, .init(2, 1): 20,
            ])
        let later = try await net.emulator.counters()
        #expect(later["one"]?.dropped ?? 0 >= 40 && later["two"] == nil, "counts go on over a change of other faults: \(later)")
        try await net.emulator.apply(FaultSet(), ports: net.ports)
        #expect(probes.delivered(20).values.allSatisfy { $0 == 20 })
        try await net.expectPristine()
    }

    @Test(.timeLimit(.minutes(1))) func aBlockMeetsItsPortOnly() async throws {
        let net = try TestNet()
        var faults = FaultSet()
        faults.add("block", .block(Traffic(transport: .udp, port: 5_000)), on: ahead)
        let (blocked, free) = (try Probe(net, from: 0, to: 1, port: 5_000), try Probe(net, from: 0, to: 1, port: 5_001))
        try blocked.warmUp()
        try await net.emulator.apply(faults, ports: net.ports)
        #expect(blocked.measure(20).isEmpty)
        #expect(free.measure(20).count == 20)
        #expect(try await net.emulator.counters() == ["block": FaultCount(matched: 20, dropped: 20)])
    }

    @Test(.timeLimit(.minutes(1)), arguments: [true, false]) func lossIsAShareOfOneDirection(isIPv4: Bool) async throws {
        let net = try TestNet()
        var properties = LinkProperties()
        properties.loss = 0.3
        var faults = FaultSet()
        faults.add("loss", .impairment(properties), on: ahead)
        let (there, back) = (try Probe(net, from: 0, to: 1, isIPv4: isIPv4), try Probe(net, from: 1, to: 0, isIPv4: isIPv4))
        try there.warmUp()
        let uses = try await net.emulator.apply(faults, ports: net.ports)
        #expect(uses.map(\.engine) == [.nftables])
        // 2000 × 0.7 ± 5 × √(2000 × 0.3 × 0.7)
        #expect((1_297...1_503).contains(there.measure(2_000, spacing: 0.0001).count))
        #expect(back.measure(500, spacing: 0.0001).count == 500)
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ["flush", "chain", "bridge", "lab", "forward"],
            ["delete", "element", "bridge", "lab", "f0_p_pairs", "{ \"m0\" . \"m1\" }"],
            ["add", "element", "bridge", "lab", "f0_p_pairs", "{ \"m1\" . \"m2\" }"], ["delete", "table", "bridge", "lab"],
            ["insert", "rule", "bridge", "lab", "f0_hit", "accept"], ["add", "set", "bridge", "lab", "more", "{ type ifname; }"],
        ])
    func sabotageOfTheTableIsNoticedAndRepaired(command: [String]) async throws {
        let net = try TestNet()
        var faults = FaultSet()
        faults.add("cut", .cut, on: ahead)
        try await net.emulator.apply(faults, ports: net.ports)
        let nft = try #require(findExecutable("nft"))
        _ = try await TestCommand.run(nft, command, input: "", on: net.fabricNamespaces)
        await expectCode("fault.not-in-effect") { try await net.emulator.verify() }
        try await net.emulator.apply(faults, ports: net.ports)
        try await net.emulator.verify()
    }

    @Test(.timeLimit(.minutes(1))) func aRuleThatSaysSomethingElseIsNoticed() async throws {
        let net = try TestNet()
        var faults = FaultSet()
        faults.add("cut", .cut, on: ahead)
        try await net.emulator.apply(faults, ports: net.ports)
        // As many rules as before, and every set as it was.
        try await net.run("nft", "flush", "chain", "bridge", "lab", "f0_hit")
        try await net.run("nft", "add", "rule", "bridge", "lab", "f0_hit", "counter", "name", "f0")
        await expectCode("fault.not-in-effect") { try await net.emulator.verify() }
    }

    /// A thousand ports in halves: half a million links.
    @Test(.timeLimit(.minutes(1)), arguments: [300, 1_000]) func halvesOfManyMachinesLoadAndReadBack(count: Int) async throws {
        let net = try TestNet(2)
        var ports = net.ports
        for index in 2..<count {
            let name = TestNet.name(index)
            ports[name] = PortTable.Port(
                owner: name, port: "m\(index)", place: "br0", addresses: [TestNet.address(index)], isOn: false)
        }
        let even = (0..<count).filter { $0.isMultiple(of: 2) }.map(TestNet.name)
        let odd = (0..<count).filter { !$0.isMultiple(of: 2) }.map(TestNet.name)
        var faults = FaultSet()
        faults.add("halves", .cut, on: .between([even, odd]))
        let clock = ContinuousClock()
        var plan = LinkPlan.empty
        let compiling = try clock.measure {
            plan = try LinkPlan.compile(faults, ports: ports, capabilities: net.capabilities)
        }
        let (final, emulator) = (plan, net.emulator)
        let applying = try await clock.measure { try await emulator.apply(final) }
        let reading = try await clock.measure { try await emulator.verify() }
        print(
            "halves of \(count): \(plan.filter.elementCount) elements, compile \(compiling), apply \(applying), verify \(reading)"
        )
        #expect(try Probe(net, from: 0, to: 1).measure(10).isEmpty)
    }
}

/// Probes between every two of three machines, which know one another.
struct Probes {
    struct Pair: Hashable {
        let from: Int
        let to: Int

        init(_ from: Int, _ to: Int) {
            self.from = from
            self.to = to
        }
    }

    private var probes: [Pair: Probe] = [:]

    init(_ net: TestNet) throws {
        for from in net.machines.indices {
            for to in net.machines.indices where from != to {
                let probe = try Probe(net, from: from, to: to)
                try probe.warmUp()
                probes[Pair(from, to)] = probe
            }
        }
    }

    /// How many of so many arrive.
    func delivered(_ count: Int) -> [Pair: Int] { probes.mapValues { $0.measure(count, spacing: 0.001).count } }
}

/// The body must throw this code.
func expectCode(_ code: String, _ body: () async throws -> Void) async {
    do {
        try await body()
        Issue.record("nothing was thrown where \(code) should have been")
    } catch {
        #expect((error as? CodedError)?.code == code, "\(error)")
    }
}
