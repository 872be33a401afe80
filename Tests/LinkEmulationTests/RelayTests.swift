import Basics
import LinkEmulation
import LinuxProcess
import Netlink
import NetworkModel
import Testing

/// What the relay does to real datagrams.
@Suite(.serialized, .enabled(if: findExecutable("nft") != nil)) struct RelayTests {
    private let ahead: LinkSet = [DirectedLink(from: "n0", to: "n1")]

    private func properties(_ change: (inout LinkProperties) -> Void) -> Fault.Effect {
        var properties = LinkProperties()
        change(&properties)
        return .impairment(properties)
    }

    /// A network with one impairment from n0 to n1, and a probe on that way.
    private func impaired(
        hasChecksum: Bool = true, _ change: (inout LinkProperties) -> Void
    ) async throws -> (net: TestNet, probe: Probe) {
        let net = try TestNet()
        let probe = try Probe(net, from: 0, to: 1, hasChecksum: hasChecksum)
        try probe.warmUp()
        var faults = FaultSet()
        faults.add("fault", properties(change), on: ahead)
        #expect(try await net.emulator.apply(faults, ports: net.ports).map(\.engine) == [.relay])
        try probe.warmUp()
        return (net, probe)
    }

    /// Everything but the way from n0 to n1 is as it was.
    private func expectOthersPlain(_ net: TestNet) throws {
        for (from, to) in [(1, 0), (0, 2), (2, 0), (1, 2), (2, 1)] {
            let probe = try Probe(net, from: from, to: to)
            try probe.warmUp()
            let arrivals = probe.measure(100, spacing: 0.002)
            #expect(arrivals.count == 100 && arrivals.allSatisfy(\.isIntact), "\(from) to \(to)")
            #expect(arrivals.map(\.number) == Array(0..<100), "\(from) to \(to)")
            #expect((0..<3).contains(probe.median(in: 0..<3)), "\(from) to \(to)")
        }
    }

    private func expectHealed(_ net: TestNet) async throws {
        try await net.emulator.apply(FaultSet(), ports: net.ports)
        try await net.expectPristine()
        let probe = try Probe(net, from: 0, to: 1)
        try probe.warmUp()
        let arrivals = probe.measure(100, spacing: 0.002)
        #expect(arrivals.map(\.number) == Array(0..<100) && (0..<3).contains(probe.median(in: 0..<3)))
    }

    @Test(.timeLimit(.minutes(1))) func delay() async throws {
        let (net, probe) = try await impaired { $0.delay = .milliseconds(20) }
        let median = probe.median(in: 20..<21, count: 300, spacing: 0.003)
        #expect((20..<21).contains(median), "median \(median)")
        #expect(try await net.emulator.counters()["fault"]?.matched ?? 0 >= 300)
        try expectOthersPlain(net)
        try await expectHealed(net)
    }

    @Test(.timeLimit(.minutes(1))) func delayOfIPv6() async throws {
        let net = try TestNet()
        let probe = try Probe(net, from: 0, to: 1, isIPv4: false)
        try probe.warmUp()
        var faults = FaultSet()
        faults.add("fault", properties { $0.delay = .milliseconds(20) }, on: ahead)
        try await net.emulator.apply(faults, ports: net.ports)
        try probe.warmUp()
        #expect((20..<21).contains(probe.median(in: 20..<21)))
    }

    @Test(.timeLimit(.minutes(1))) func jitter() async throws {
        let (net, probe) = try await impaired {
            $0.delay = .milliseconds(20)
            $0.jitter = .milliseconds(10)
        }
        var ways: [Double] = []
        for _ in 0..<5 where ways.quantile(0.9).isNaN || ways.quantile(0.9) > 29 {
            ways = milliseconds(probe.measure(500, spacing: 0.002))
            #expect(ways.count == 500 && ways.allSatisfy { $0 >= 10 })
        }
        // Uniform from 10 to 30: the tenths lie at 12 and 28.
        #expect((10.5...13.5).contains(ways.quantile(0.1)) && (26.5...30.5).contains(ways.quantile(0.9)), "\(ways.sorted())")
        #expect((18.5...22).contains(ways.median))
        try expectOthersPlain(net)
        try await expectHealed(net)
    }

    @Test(.timeLimit(.minutes(1))) func lossWithDelay() async throws {
        let (net, probe) = try await impaired {
            $0.delay = .milliseconds(5)
            $0.loss = 0.3
        }
        let ways = milliseconds(probe.measure(2_000, spacing: 0.0002))
        #expect((1_297...1_503).contains(ways.count), "\(ways.count)")
        #expect(ways.allSatisfy { $0 >= 5 })
        let count = try #require(try await net.emulator.counters()["fault"])
        #expect(count.matched >= 2_000 && count.dropped >= UInt64(2_000 - ways.count))
        try expectOthersPlain(net)
    }

    @Test(.timeLimit(.minutes(1))) func duplicates() async throws {
        let (net, probe) = try await impaired { $0.duplicate = 0.2 }
        let arrivals = probe.measure(1_000, spacing: 0.0002)
        #expect(Set(arrivals.map(\.number)).count == 1_000)
        #expect((1_137...1_263).contains(arrivals.count), "\(arrivals.count)")
        try expectOthersPlain(net)
        try await expectHealed(net)
    }

    @Test(.timeLimit(.minutes(1))) func reordering() async throws {
        let (net, probe) = try await impaired {
            $0.delay = .milliseconds(20)
            $0.reorder = 0.2
        }
        let arrivals = probe.measure(1_000, spacing: 0.001)
        #expect(arrivals.count == 1_000)
        let early = arrivals.count { $0.seconds < 0.01 }
        #expect((137...263).contains(early), "\(early)")
        let inversions = zip(arrivals, arrivals.dropFirst()).count { $0.number > $1.number }
        #expect(inversions >= 100, "\(inversions)")
        try expectOthersPlain(net)
        try await expectHealed(net)
    }

    @Test(.timeLimit(.minutes(1))) func corruption() async throws {
        let (net, probe) = try await impaired(hasChecksum: false) { $0.corrupt = 0.2 }
        let arrivals = probe.measure(1_000, spacing: 0.0002, size: 1_000)
        // A flipped bit in the packet's own headers, 28 of 1028 bytes, makes it vanish.
        #expect((970...1_000).contains(arrivals.count), "\(arrivals.count)")
        let broken = arrivals.count { !$0.isIntact }
        #expect((130...263).contains(broken), "\(broken)")
        // Where there is a checksum, the receiver must see that it is wrong, although the sender's kernel left it to the card.
        let checked = try Probe(net, from: 0, to: 1)
        try checked.warmUp()
        let sound = checked.measure(1_000, spacing: 0.0002, size: 1_000)
        #expect((737...863).contains(sound.count) && sound.allSatisfy(\.isIntact), "\(sound.count)")
        try expectOthersPlain(net)
        try await expectHealed(net)
    }

    @Test(.timeLimit(.minutes(1))) func rateOfOneLink() async throws {
        let (net, probe) = try await impaired { $0.rate = 8_000_000 }
        // 80 frames of 1042 bytes at once: 83 ms at a megabyte per second, of which 100 ms may wait.
        let last = try burst(probe, in: 0.080...0.100)
        #expect((0.080...0.100).contains(last), "\(last)")
        // What does not fit in is dropped.
        #expect((90...125).contains(probe.measure(400, size: 1_000).count))
        try expectOthersPlain(net)
        try await expectHealed(net)
    }

    @Test(.timeLimit(.minutes(1))) func overlappingFaultsComposeAndHealSingly() async throws {
        let net = try TestNet()
        let probe = try Probe(net, from: 0, to: 1)
        try probe.warmUp()
        var faults = FaultSet()
        func expect(_ range: Range<Double>) async throws {
            try await net.emulator.apply(faults, ports: net.ports)
            try probe.warmUp()
            let median = probe.median(in: range)
            #expect(range.contains(median), "\(median)")
        }
        faults.add("all", properties { $0.delay = .milliseconds(10) }, on: LinkSet(from: ["n0"], to: ["n1", "n2"]))
        try await expect(10..<12)
        faults.add("one", properties { $0.delay = .milliseconds(15) }, on: ahead)
        try await expect(25..<27)
        faults.add("third", properties { $0.delay = .milliseconds(5) }, on: LinkSet(from: ["n0", "n2"], to: ["n1"]))
        try await expect(30..<32)
        faults.add("cut", .cut, on: ahead)
        // The cut knows the port that stands in for the machine's.
        try await net.emulator.apply(faults, ports: net.ports)
        #expect(probe.measure(20).isEmpty)
        faults.remove("all")
        try await net.emulator.apply(faults, ports: net.ports)
        #expect(probe.measure(20).isEmpty)
        faults.remove("cut")
        try await expect(20..<22)
        faults.remove("one")
        try await expect(5..<7)
        faults.remove("third")
        try await expect(0..<3)
        try await net.expectPristine()
    }

    @Test(.timeLimit(.minutes(1))) func streamsPassWithSoundChecksumsAndFramesAsOnAWire() async throws {
        let net = try TestNet()
        var faults = FaultSet()
        faults.add("slow", properties { $0.delay = .milliseconds(1) }, on: LinkSet(from: ["n0", "n1"], to: ["n0", "n1"]))
        try await net.emulator.apply(faults, ports: net.ports)
        let rate = try Stream.transfer(net, from: 0, to: 1, bytes: 8 << 20, port: 7_001)
        print("TCP through a relay with 1 ms each way: \(Int(rate)) Mbit/s")
        // 8 MiB in segments of at most 1448 bytes: had the kernel handed over streams uncut, there would be fewer frames.
        let count = try #require(try await net.emulator.counters()["slow"])
        #expect(count.matched > (8 << 20) / 1_448, "\(count)")
        #expect(try Stream.transfer(net, from: 1, to: 0, bytes: 1 << 20, port: 7_002) > 1)
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["rm0a", "rm0b", "down", "master"])
    func sabotageOfTheRelayIsNoticedAndRepaired(what: String) async throws {
        let (net, probe) = try await impaired { $0.delay = .milliseconds(20) }
        switch what {
        case "down": try await net.run("ip", "link", "set", "rm0b", "down")
        case "master": try await net.run("ip", "link", "set", "m0", "master", "br0")
        default: try await net.run("ip", "link", "delete", what)
        }
        await expectCode("fault.not-in-effect") { try await net.emulator.verify() }
        var faults = FaultSet()
        faults.add("fault", properties { $0.delay = .milliseconds(20) }, on: ahead)
        try await net.emulator.apply(faults, ports: net.ports)
        try probe.warmUp()
        #expect((20..<22).contains(probe.median(in: 20..<22)))
        try await expectHealed(net)
    }

    @Test(.timeLimit(.minutes(1))) func aRebootedMachineGetsItsRelayBack() async throws {
        let (net, probe) = try await impaired { $0.delay = .milliseconds(20) }
        var faults = FaultSet()
        faults.add("fault", properties { $0.delay = .milliseconds(20) }, on: ahead)
        try net.fabric.deleteLink(try #require(try net.fabric.link(named: "m0")).index)
        var ports = net.ports
        ports["n0"]?.isOn = false
        try await net.emulator.apply(faults, ports: ports)
        #expect(try net.fabric.link(named: "rm0a") == nil)
        try TestNet.plug(0, net.fabric, try #require(try net.fabric.link(named: "br0")).index, net.machines[0], net.routes[0])
        try await net.emulator.apply(faults, ports: net.ports)
        try probe.warmUp()
        #expect((20..<22).contains(probe.median(in: 20..<22)))
        // And without having been told that it was off in between.
        try net.fabric.deleteLink(try #require(try net.fabric.link(named: "m0")).index)
        try TestNet.plug(0, net.fabric, try #require(try net.fabric.link(named: "br0")).index, net.machines[0], net.routes[0])
        try await net.emulator.apply(faults, ports: net.ports)
        try probe.warmUp()
        #expect((20..<22).contains(probe.median(in: 20..<22)))
        try await expectHealed(net)
    }
}
